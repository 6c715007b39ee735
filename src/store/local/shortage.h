// SPDX-License-Identifier: Apache-2.0
// Starling: what happens when RocksDB gets no memory. It is C++: operator new would throw bad_alloc through our C frames, or in one of its
// own threads, and both end the process. So operator new first gets a reserve that is kept for it; when that is used up the thread waits
// for others to give memory back, and only after a long time of that the process ends (the log has all that was acknowledged).
#ifndef STORE_LOCAL_SHORTAGE_H
#define STORE_LOCAL_SHORTAGE_H

// Keeps the reserve, if it is not there or was used; a failure is tried again with the next call. Any thread.
void shortage_prepare(void);

#endif
