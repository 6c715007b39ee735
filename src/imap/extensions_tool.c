// SPDX-License-Identifier: Apache-2.0
// Prints what the modules offer, for tools/extensions.py: one line for each capability,
// "module <TAB> capability <TAB> RFC <TAB> when", and for each module without any "module <TAB> - <TAB> RFC <TAB> -".
#include "imap/module.h"

#include <stdio.h>

static const char *when(const struct imap_capability *c)
{
	switch (c->when) {
	case CAP_BEFORE_LOGIN:
		return "before log-in";
	case CAP_AFTER_LOGIN:
		return "after log-in";
	default:
		return "always";
	}
}

int main(void)
{
	for (size_t i = 0; imap_modules[i]; i++) {
		const struct imap_module *m = imap_modules[i];
		const struct imap_capability *c = m->capabilities;
		if (!c || !c->name)
			printf("%s\t-\t%s\t-\n", m->name, m->rfc);
		for (; c && c->name; c++)
			printf("%s\t%s\t%s\t%s%s\n", m->name, c->name, c->rfc ? c->rfc : m->rfc,
				when(c), c->is_offered ? ", where it applies" : "");
	}
	return 0;
}
