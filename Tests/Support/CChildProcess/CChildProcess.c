#define _GNU_SOURCE
#include "CChildProcess.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

pid_t child_process_start(
    const char *path, char *const *arguments, char *const *environment, int input, int output, int errors)
{
    pid_t parent = getpid();
    pid_t child = fork();
    if (child != 0) {
        return child;
    }
    // Only what is safe in the child of a process with threads.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(127);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    dup2(input, 0);
    dup2(output, 1);
    dup2(errors, 2);
    close_range(3, ~0U, 0);
    execve(path, arguments, environment);
    _exit(127);
}
