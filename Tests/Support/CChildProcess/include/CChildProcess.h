#ifndef CLOCKWORK_CCHILDPROCESS_H
#define CLOCKWORK_CCHILDPROCESS_H

#include <sys/types.h>

/// Starts a program with these files as its standard input, output and error, and with no other file of this process.
///
/// The kernel kills it when the calling thread ends. The number of the process, or -1 with errno.
pid_t child_process_start(
    const char *_Nonnull path, char *_Nullable const *_Nonnull arguments, char *_Nullable const *_Nonnull environment,
    int input, int output, int errors);

#endif
