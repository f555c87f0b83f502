"""The system calls that no child needs, and the filter that refuses them.

A list of the calls that ffmpeg needs would differ between versions of it and of its libraries, and one call too few
would fail good films. So this lists calls that no version of ffmpeg makes: ways to memory that no limit of a process
counts, to other processes, to namespaces, mounts and sockets, and into young or rarely used parts of the kernel, where
the kernel's own flaws are found.
"""

import errno
from functools import cache

from mediaproc.ffmpeg.bpf import ALLOW, ERROR, MACHINES, Check, Rule, program

# The numbers on x86_64 and on aarch64, of asm/unistd_64.h and asm-generic/unistd.h; None where there is no such call.
REFUSED: dict[str, tuple[int, int | None]] = {
    # Memory outside of the address space, which `ulimit -v` does not count; and calls that move pages between files.
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "shmdt": (67, 197),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "semget": (64, 190),
    "semop": (65, 193),
    "semctl": (66, 191),
    "semtimedop": (220, 192),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "mq_timedsend": (242, 182),
    "mq_timedreceive": (243, 183),
    "mq_notify": (244, 184),
    "mq_getsetattr": (245, 185),
    "remap_file_pages": (216, 234),
    "splice": (275, 76),
    "tee": (276, 77),
    "vmsplice": (278, 75),
    # Sockets of every family: ffmpeg reads and writes files.
    "socket": (41, 198),
    "socketpair": (53, 199),
    # Keys, which outlive the process that made them.
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    # Parts of the kernel in which flaws were found.
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_setup": (206, 0),
    "io_destroy": (207, 1),
    "io_getevents": (208, 4),
    "io_submit": (209, 2),
    "io_cancel": (210, 3),
    "io_pgetevents": (333, 292),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "seccomp": (317, 277),
    "fanotify_init": (300, 262),
    "fanotify_mark": (301, 263),
    "modify_ldt": (154, None),
    "personality": (135, 92),
    "lookup_dcookie": (212, 18),
    "uselib": (134, None),
    "sysfs": (139, None),
    "ustat": (136, None),
    # Other processes.
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "kcmp": (312, 272),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    # Namespaces, mounts, and files by number instead of by name.
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "open_tree_attr": (467, 467),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "statmount": (457, 457),
    "listmount": (458, 458),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    # The machine itself.
    "acct": (163, 89),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "settimeofday": (164, 170),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "iopl": (172, None),
    "ioperm": (173, None),
    "nfsservctl": (180, 42),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "syslog": (103, 116),
    "vhangup": (153, 58),
}

# One and the same call begins threads, processes and namespaces. All CLONE_NEW* of linux/sched.h:
CLONE, CLONE3 = (56, 220), (435, 435)
NAMESPACES = 0x7E020000


@cache
def child_filter(machine: str) -> bytes | None:
    """The filter for children on this kind of machine (as `uname -m` calls it), None where there is none."""
    if machine not in MACHINES:
        return None
    place = list(MACHINES).index(machine)
    refused = [number for numbers in REFUSED.values() if (number := numbers[place]) is not None]
    begins_anything_but = Check(argument=0, mask=NAMESPACES, value=0, equal=False)
    rules = (
        Rule(number=CLONE[place], action=_error(errno.EPERM), checks=(begins_anything_but,)),
        # The flags of clone3 are in memory, where no filter can look; without clone3 the C library calls clone.
        Rule(number=CLONE3[place], action=_error(errno.ENOSYS)),
        *(Rule(number=number, action=_error(errno.EPERM)) for number in refused),
    )
    return program(rules, machine=machine, otherwise=ALLOW)


def _error(number: int) -> int:
    return ERROR | number
