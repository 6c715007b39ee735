// SPDX-License-Identifier: Apache-2.0
// The one file in C++: RocksDB's interface for C has no way to say what its files are.
#include "store/local/rocks_files.h"

#include <atomic>
#include <cstring>
#include <exception>
#include <memory>
#include <string>

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

namespace {

struct Written {
	std::atomic<uint64_t> anew{ 0 }, compacted{ 0 };
};

} // namespace

// As in RocksDB's db/c.cc; its interface for C keeps the type to itself. What is behind `is_default` is ours.
struct rocksdb_env_t {
	rocksdb::Env *rep;
	bool is_default;
	std::shared_ptr<Written> written;
};

namespace {

using rocksdb::FileOptions;
using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

// A file whose writer never sees a call fail, but for Close() if `tells`. One thread at a time, as RocksDB uses it.
class CalmFile : public rocksdb::FSWritableFileOwnerWrapper {
      public:
	CalmFile(std::unique_ptr<FSWritableFile> &&file, bool tells,
		std::shared_ptr<Written> written)
	    : FSWritableFileOwnerWrapper(std::move(file)), tells_(tells),
	      written_(std::move(written))
	{
	}
	void SetIOPriority(rocksdb::Env::IOPriority p) override
	{
		compacts_ = p == rocksdb::Env::IO_LOW;
		target()->SetIOPriority(p);
	}
	IOStatus Append(const Slice &data, const IOOptions &o, IODebugContext *d) override
	{
		Count(data);
		return Calm([&] { return target()->Append(data, o, d); });
	}
	IOStatus Append(const Slice &data, const IOOptions &o,
		const rocksdb::DataVerificationInfo &v, IODebugContext *d) override
	{
		Count(data);
		return Calm([&] { return target()->Append(data, o, v, d); });
	}
	IOStatus PositionedAppend(
		const Slice &data, uint64_t at, const IOOptions &o, IODebugContext *d) override
	{
		return Calm([&] { return target()->PositionedAppend(data, at, o, d); });
	}
	IOStatus PositionedAppend(const Slice &data, uint64_t at, const IOOptions &o,
		const rocksdb::DataVerificationInfo &v, IODebugContext *d) override
	{
		return Calm([&] { return target()->PositionedAppend(data, at, o, v, d); });
	}
	IOStatus Truncate(uint64_t size, const IOOptions &o, IODebugContext *d) override
	{
		return Calm([&] { return target()->Truncate(size, o, d); });
	}
	IOStatus Flush(const IOOptions &o, IODebugContext *d) override
	{
		return Calm([&] { return target()->Flush(o, d); });
	}
	IOStatus Sync(const IOOptions &o, IODebugContext *d) override
	{
		return Calm([&] { return target()->Sync(o, d); });
	}
	IOStatus Fsync(const IOOptions &o, IODebugContext *d) override
	{
		return Calm([&] { return target()->Fsync(o, d); });
	}
	IOStatus RangeSync(uint64_t at, uint64_t n, const IOOptions &o, IODebugContext *d) override
	{
		return Calm([&] { return target()->RangeSync(at, n, o, d); });
	}
	IOStatus Close(const IOOptions &o, IODebugContext *d) override
	{
		IOStatus closed = target()->Close(o, d);
		if (!tells_)
			return IOStatus::OK();
		return first_.ok() ? closed : first_;
	}

      private:
	FSWritableFile *target() const
	{
		return FSWritableFileOwnerWrapper::target();
	}
	template <typename Call> IOStatus Calm(Call call)
	{
		if (first_.ok())
			first_ = call();
		return IOStatus::OK();
	}

	void Count(const Slice &data)
	{
		if (tells_) // a table
			(compacts_ ? written_->compacted : written_->anew) += data.size();
	}

	const bool tells_;
	bool compacts_ = false;
	const std::shared_ptr<Written> written_;
	IOStatus first_; // what failed first
};

bool EndsWith(const std::string &name, const char *end)
{
	const std::string e(end);
	return name.size() >= e.size() && name.compare(name.size() - e.size(), e.size(), e) == 0;
}

bool IsDiary(const std::string &name)
{
	const size_t slash = name.rfind('/');
	return name.compare(slash == std::string::npos ? 0 : slash + 1, 3, "LOG") == 0;
}

class CalmFiles : public rocksdb::FileSystemWrapper {
      public:
	explicit CalmFiles(std::shared_ptr<Written> written)
	    : FileSystemWrapper(rocksdb::FileSystem::Default()), written_(std::move(written))
	{
	}
	const char *Name() const override
	{
		return "starling";
	}
	IOStatus NewWritableFile(const std::string &name, const FileOptions &o,
		std::unique_ptr<FSWritableFile> *ret_file, IODebugContext *d) override
	{
		IOStatus s = target()->NewWritableFile(name, o, ret_file, d);
		const bool table = EndsWith(name, ".sst");
		if (s.ok() && (table || IsDiary(name)))
			ret_file->reset(new CalmFile(std::move(*ret_file), table, written_));
		return s;
	}
	IOStatus NewLogger(const std::string &name, const IOOptions &o,
		std::shared_ptr<rocksdb::Logger> *ret_logger, IODebugContext *d) override
	{
		// Over our own files: the wrapper's would make it over those that it wraps.
		return FileSystem::NewLogger(name, o, ret_logger, d); // NOLINT(bugprone-parent-virtual-call)
	}

      private:
	const std::shared_ptr<Written> written_;
};

} // namespace

rocksdb_env_t *rocks_files_new(void)
{
	try {
		auto env = std::make_unique<rocksdb_env_t>();
		rocksdb::Env *threads = rocksdb::Env::Default();
		threads->SetBackgroundThreads(1, rocksdb::Env::LOW);
		threads->SetBackgroundThreads(1, rocksdb::Env::HIGH);
		env->written = std::make_shared<Written>();
		env->rep = rocksdb::NewCompositeEnv(std::make_shared<CalmFiles>(env->written))
				   .release();
		env->is_default = false;
		return env.release();
	} catch (const std::exception &) { // bad_alloc, or system_error of a thread
		return nullptr;
	}
}

void rocks_files_written(const rocksdb_env_t *env, uint64_t *ret_new, uint64_t *ret_compacted)
{
	*ret_new = env->written->anew;
	*ret_compacted = env->written->compacted;
}

void rocks_files_free(rocksdb_env_t *env)
{
	if (env)
		delete env->rep;
	delete env;
}

rocksdb_t *rocks_open(const rocksdb_options_t *options, const char *dir, char **ret_error)
{
	try {
		return rocksdb_open(options, dir, ret_error);
	} catch (const std::exception &e) {
		*ret_error = strdup(e.what()); // NULL is no error, but there is no database either
		return nullptr;
	}
}
