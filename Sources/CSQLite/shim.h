#ifndef CLOCKWORK_CSQLITE_SHIM_H
#define CLOCKWORK_CSQLITE_SHIM_H

#include <sqlite3.h>

/// Has SQLite keep no account of the memory it uses: that takes a lock for each allocation of the whole process. Before
/// the first connection; of no effect after it. (`sqlite3_config` is variadic, which Swift cannot call.)
static inline void csqlite_keep_no_account_of_memory(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

#endif
