/* A decoder that an attacker owns: it tries everything, and says on standard error what it could do.
   Compiled with -DSECRET -DFOLDER -DPORT -DEXECUTOR; it takes ffmpeg's arguments and writes to the last of them. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void did(const char *what) { fprintf(stderr, "did: %s\n", what); }

static void try_to_read(const char *path, const char *what) {
    char text[16];
    int fd = open(path, O_RDONLY);
    if (fd >= 0 && read(fd, text, sizeof text) > 0) did(what);
    if (fd >= 0) close(fd);
}

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define EXECUTOR_ENVIRONMENT "/proc/" TEXT(EXECUTOR) "/environ"

static void try_inherited(void) {
    for (char **variable = environ; variable && *variable; variable++)
        if (strstr(*variable, "PASSWORD")) did("find a password in its environment");
    try_to_read(EXECUTOR_ENVIRONMENT, "read the executor's environment");
    for (int fd = 3; fd < 64; fd++)
        if (fcntl(fd, F_GETFD) >= 0) { did("find an open file"); break; }
}

/* A process beside the executor, of the same user, was given a secret as its environment. */
static void try_others_environment(void) {
    static char text[1 << 16];
    char path[64];
    DIR *processes = opendir("/proc");
    for (struct dirent *each; processes && (each = readdir(processes));) {
        snprintf(path, sizeof path, "/proc/%.32s/environ", each->d_name);
        int fd = atoi(each->d_name) > 0 ? open(path, O_RDONLY) : -1;
        ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof text);
        if (fd >= 0) close(fd);
        if (length > 0 && memmem(text, length, "BESIDE=" NAME, sizeof "BESIDE=" NAME)) {
            did("read the environment of a process beside it");
            break;
        }
    }
    if (processes) closedir(processes);
}

static void try_network(void) {
    struct sockaddr_in host = {.sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int stream = socket(AF_INET, SOCK_STREAM, 0);
    if (stream >= 0 && connect(stream, (void *)&host, sizeof host) == 0) did("connect to a host");
    int datagram = socket(AF_INET, SOCK_DGRAM, 0);
    /* Only the receiver knows whether it went anywhere: in a network of one's own, sending works. */
    if (datagram >= 0) sendto(datagram, "x", 1, 0, (void *)&host, sizeof host);
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    int length = snprintf(local.sun_path + 1, sizeof local.sun_path - 1, "mediaproc-attack-%d", PORT);
    int unnamed = socket(AF_UNIX, SOCK_STREAM, 0);
    if (unnamed >= 0 && connect(unnamed, (void *)&local, sizeof(sa_family_t) + 1 + length) == 0)
        did("connect to a local service");
    close(stream), close(datagram), close(unnamed);
}

static void try_processes(void) {
    if (kill(EXECUTOR, 0) == 0) did("signal the executor");
    if (ptrace(PTRACE_SEIZE, EXECUTOR, 0, 0) == 0) { did("trace the executor"); ptrace(PTRACE_DETACH, EXECUTOR, 0, 0); }
    DIR *processes = opendir("/proc/1");
    if (processes) { did("list other processes"); closedir(processes); }
}

static void try_to_plant(void) {
    int fd = open(FOLDER "/planted", O_WRONLY | O_CREAT, 0600);
    if (fd >= 0) { did("write beside its output"); close(fd); unlink(FOLDER "/planted"); }
    fd = open("/tmp/mediaproc-attack-planted", O_WRONLY | O_CREAT, 0600);
    if (fd >= 0) { did("write into /tmp"); close(fd); unlink("/tmp/mediaproc-attack-planted"); }
}

static void try_memory(void) {
    size_t size = 1600UL << 20;
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) { did("take 1.6 GB of memory"); munmap(memory, size); }
}

/* Memory that is in no address space: a limit of addresses does not count it once it is let go of. */
static void try_uncounted_memory(void) {
    static char block[1 << 19];
    int file = syscall(SYS_memfd_create, "hidden", 0);
    if (file >= 0 && write(file, block, sizeof block) == sizeof block) did("hide bytes in a memfd");
    if (file >= 0) close(file);
    enum { SEGMENTS = 17 };
    const size_t size = 100UL << 20;
    int segments[SEGMENTS], had = 0;
    for (; had < SEGMENTS; had++) {
        segments[had] = shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);
        char *memory = segments[had] < 0 ? (void *)-1 : shmat(segments[had], NULL, 0);
        if (memory == (void *)-1) break;
        for (size_t place = 0; place < size; place += 1 << 20) memory[place] = 1;
        shmdt(memory);
    }
    if (had == SEGMENTS) did("take 1.7 GB of shared memory");
    for (int each = 0; each < had; each++) shmctl(segments[each], IPC_RMID, NULL);
}

/* Reached is what answers, were it that the question is wrong. */
static void try_to_reach(long answer, const char *what) {
    if (answer >= 0 || (errno != EPERM && errno != ENOSYS)) did(what);
}

static void try_kernel(void) {
    char zeros[256] = {0};
    try_to_reach(syscall(SYS_add_key, "user", "mediaproc", "x", 1, -2), "reach the kernel's keyring");
    try_to_reach(syscall(SYS_userfaultfd, 1), "reach userfaultfd");
    try_to_reach(syscall(SYS_io_uring_setup, 1, zeros), "reach io_uring");
    memset(zeros, 0, sizeof zeros);
    try_to_reach(syscall(SYS_bpf, 7, zeros, 32), "reach bpf");
    try_to_reach(syscall(SYS_perf_event_open, zeros, 0, -1, -1, 0), "reach perf");
}

static void try_namespace(void) {
    pid_t child = fork();
    if (child == 0) _exit(unshare(CLONE_NEWUSER) == 0 ? 0 : 1);
    int status = 1;
    if (child > 0 && waitpid(child, &status, 0) == child && status == 0) did("make a namespace of its own");
}

static void try_to_fill_the_disk(const char *output) {
    static char block[1 << 20];
    signal(SIGXFSZ, SIG_IGN);
    int fd = open(output, O_WRONLY | O_CREAT, 0600);
    for (int megabyte = 1; fd >= 0 && write(fd, block, sizeof block) == sizeof block; megabyte++)
        if (megabyte == 64) { did("write 64 MB"); break; }
    if (fd >= 0) close(fd);
}

/* Children that leave their group and session, take no polite signal, and would stay for ever. */
static void try_to_stay(int wanted) {
    int born = 0;
    for (; born < wanted; born++) {
        pid_t child = fork();
        if (child < 0) break;
        if (child == 0) {
            setsid();
            prctl(PR_SET_PDEATHSIG, 0);
            signal(SIGTERM, SIG_IGN), signal(SIGHUP, SIG_IGN);
            close(0), close(1), close(2);
            for (;;) pause();
        }
    }
    if (born == wanted) did("start 500 processes");
}

int main(int count, char **arguments) {
    prctl(PR_SET_NAME, NAME);
    if (STUBBORN) {
        prctl(PR_SET_PDEATHSIG, 0);
        signal(SIGTERM, SIG_IGN);
        setsid();
        puts("out_time_us=1\nprogress=continue");
        fflush(stdout);
        for (;;) pause();
    }
    if (FORGING) {
        fputs("bwrap: Creating new namespace failed: No space left on device\n", stderr);
        return 1;
    }
    const char *output = arguments[count - 1];
    if (strncmp(output, "file:", 5) == 0) output += 5;
    try_to_read(SECRET, "read another's file");
    try_to_read("/etc/passwd", "read /etc/passwd");
    try_inherited();
    try_others_environment();
    try_network();
    try_processes();
    try_to_plant();
    try_memory();
    try_uncounted_memory();
    try_kernel();
    try_namespace();
    try_to_fill_the_disk(output);
    try_to_stay(500);
    return 0;
}
