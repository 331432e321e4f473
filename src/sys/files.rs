//! Files by their names within an open directory, their locks, and what kind of file system they are on.

use std::ffi::{CStr, CString, c_int};
use std::fs::{File, Metadata};
use std::io::{self, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use super::descriptors;

/// The calls whose numbers have 64 bits on every machine. Linux has others too for a program of 32 bits: they fail where an inode,
/// a file or a file system needs more.
#[cfg(target_os = "linux")]
mod wide {
    pub(super) use libc::{
        fstatat64 as fstatat, getrlimit64 as getrlimit, openat64 as openat, rlimit64 as rlimit, stat64 as stat,
    };
}

#[cfg(not(target_os = "linux"))]
mod wide {
    pub(super) use libc::{fstatat, getrlimit, openat, rlimit, stat};
}

/// What tells one file from another while it exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino() }
    }
}

/// With these, opening never follows a symbolic link and never waits (for the other end of a FIFO), and the descriptor
/// is not inherited by exec.
const OPEN_ALWAYS: c_int = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC;

/// Opens a file of the directory with these flags beside [`OPEN_ALWAYS`].
pub(crate) fn open_at(directory: &File, name: &CStr, flags: c_int) -> io::Result<OwnedFd> {
    let opened = descriptors::beside_standard_streams(|| {
        let for_the_owner = FOR_THE_OWNER as libc::c_uint;
        let (directory, name, flags) = (directory.as_raw_fd(), name.as_ptr(), flags | OPEN_ALWAYS);
        // SAFETY: the name ends with NUL, and the mode that O_CREAT asks for is there.
        let descriptor = retry(|| unsafe { wide::openat(directory, name, flags, for_the_owner) })?;
        // SAFETY: the descriptor was opened above, and nobody else has it.
        Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
    });
    // The application may have closed a stream meanwhile.
    descriptors::above_standard_streams(opened?)
}

/// The mode of a file of ours.
const FOR_THE_OWNER: u32 = 0o600;

/// Makes a file that is its owner's alone, to read and to write, whatever the process's umask is. Fails if there is
/// one of this name.
pub(crate) fn create_at(directory: &File, name: &CStr, flags: c_int) -> io::Result<OwnedFd> {
    let file = File::from(open_at(directory, name, flags | libc::O_CREAT | libc::O_EXCL)?);
    let mut permissions = file.metadata()?.permissions();
    // A umask takes bits away, and gives none.
    if permissions.mode() & FOR_THE_OWNER != FOR_THE_OWNER {
        permissions.set_mode(FOR_THE_OWNER);
        file.set_permissions(permissions)?;
    }
    Ok(file.into())
}

/// Sets the mode of a directory that was made just now and that its owner may not be able to open yet. Follows no
/// symbolic link, where the system can.
pub(crate) fn set_mode_of_new_directory(path: &Path, mode: libc::mode_t) -> io::Result<()> {
    let name = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: the name ends with NUL.
    let set = |flags| retry(|| unsafe { libc::fchmodat(libc::AT_FDCWD, name.as_ptr(), mode, flags) }).map(drop);
    match set(libc::AT_SYMLINK_NOFOLLOW) {
        Err(error) if error.raw_os_error() == Some(libc::EOPNOTSUPP) => set(0),
        done => done,
    }
}

/// Which file the name stands for, without opening it: to close a descriptor of a locked file is to unlock it.
pub(crate) fn id_at(directory: &File, name: &CStr) -> io::Result<FileId> {
    let stat = stat_at(directory, name)?;
    // Their types differ between systems, and their values fit.
    #[allow(clippy::unnecessary_cast)]
    Ok(FileId { device: stat.st_dev as u64, inode: stat.st_ino as u64 })
}

/// Whether the name stands for a regular file. A symbolic link is none.
pub(crate) fn is_regular_at(directory: &File, name: &CStr) -> io::Result<bool> {
    Ok(stat_at(directory, name)?.st_mode & libc::S_IFMT == libc::S_IFREG)
}

/// What the name stands for; a symbolic link is not followed.
fn stat_at(directory: &File, name: &CStr) -> io::Result<wide::stat> {
    let mut stat = MaybeUninit::<wide::stat>::zeroed();
    let (directory, flags) = (directory.as_raw_fd(), libc::AT_SYMLINK_NOFOLLOW);
    // SAFETY: the name ends with NUL, and the pointer is to a stat of our own.
    retry(|| unsafe { wide::fstatat(directory, name.as_ptr(), stat.as_mut_ptr(), flags) })?;
    // SAFETY: zeroes are a valid stat, and so is what the system wrote.
    Ok(unsafe { stat.assume_init() })
}

/// Renames within the directory, over what has that name.
pub(crate) fn rename_at(directory: &File, from: &CStr, to: &CStr) -> io::Result<()> {
    let directory = directory.as_raw_fd();
    // SAFETY: both names end with NUL.
    retry(|| unsafe { libc::renameat(directory, from.as_ptr(), directory, to.as_ptr()) }).map(drop)
}

/// Removes a name that is not a directory's.
pub(crate) fn remove_at(directory: &File, name: &CStr) -> io::Result<()> {
    // SAFETY: the name ends with NUL.
    retry(|| unsafe { libc::unlinkat(directory.as_raw_fd(), name.as_ptr(), 0) }).map(drop)
}

/// Takes two locks on an open file, or takes them again; `false` if somebody else has one of them. Never waits.
///
/// The lock of the description belongs to one opening of the file, and keeps out everybody else, other threads of this
/// process too. A forked child shares it, so it must be given back by [`unlock`]. The lock of the process is for
/// systems that do not have the other one, and for older versions of the library. The process loses it as soon as it
/// closes *any* descriptor of the file.
pub(crate) fn try_lock(file: RawFd) -> io::Result<bool> {
    if !try_lock_of_description(file)? {
        return Ok(false);
    }
    let taken = set_lock(file, libc::F_SETLK, libc::F_WRLCK as _, PROCESS_BYTE);
    if !matches!(taken, Ok(true)) {
        unlock(file);
    }
    taken
}

/// Gives both locks back, that of the process first: whoever then takes that of the description must not find the other
/// one held.
pub(crate) fn unlock(file: RawFd) {
    // This cannot fail for a lock that is held, and if it did, nothing could be done.
    let _ = set_lock(file, libc::F_SETLK, libc::F_UNLCK as _, PROCESS_BYTE);
    #[cfg(target_os = "linux")]
    let _ = set_lock_of_description(file, libc::F_UNLCK as _);
}

/// Which byte of the file each lock is on: on the same byte they would exclude each other.
const PROCESS_BYTE: libc::off_t = 0;
#[cfg(target_os = "linux")]
const DESCRIPTION_BYTE: libc::off_t = 1;

#[cfg(target_os = "linux")]
fn try_lock_of_description(file: RawFd) -> io::Result<bool> {
    match set_lock_of_description(file, libc::F_WRLCK as _) {
        // A kernel older than 3.15, something that stands in for a kernel, or a filter of system calls does not know
        // this lock. The other one is left.
        Err(error)
            if matches!(error.raw_os_error(), Some(libc::EINVAL | libc::ENOSYS | libc::EPERM | libc::EOPNOTSUPP)) =>
        {
            Ok(true)
        }
        taken => taken,
    }
}

/// Other systems have no such lock.
#[cfg(not(target_os = "linux"))]
fn try_lock_of_description(_: RawFd) -> io::Result<bool> {
    Ok(true)
}

#[cfg(all(target_os = "linux", not(all(target_env = "gnu", any(target_arch = "x86", target_arch = "arm")))))]
fn set_lock_of_description(file: RawFd, kind: libc::c_short) -> io::Result<bool> {
    set_lock(file, libc::F_OFD_SETLK, kind, DESCRIPTION_BYTE)
}

/// The kernel takes the numbers of this lock in 64 bits. Whether glibc's `fcntl` widens those of a program of 32 bits depends on the
/// version that the program was linked with (2.28). So the kernel is asked directly.
#[cfg(all(target_os = "linux", target_env = "gnu", any(target_arch = "x86", target_arch = "arm")))]
fn set_lock_of_description(file: RawFd, kind: libc::c_short) -> io::Result<bool> {
    // SAFETY: zeroes are a valid flock64. A lock of a description must name no process.
    let mut lock = unsafe { MaybeUninit::<libc::flock64>::zeroed().assume_init() };
    lock.l_type = kind;
    lock.l_whence = libc::SEEK_SET as _;
    lock.l_start = DESCRIPTION_BYTE.into();
    lock.l_len = 1;
    // SAFETY: the command reads a flock64, which is ours.
    is_taken(|| unsafe { libc::syscall(libc::SYS_fcntl64, file, libc::F_OFD_SETLK, &raw const lock) as c_int })
}

/// Sets or ends a lock on one byte; `false` if somebody else has it.
fn set_lock(file: RawFd, command: c_int, kind: libc::c_short, byte: libc::off_t) -> io::Result<bool> {
    // SAFETY: zeroes are a valid flock. A lock of a description must name no process.
    let mut lock = unsafe { MaybeUninit::<libc::flock>::zeroed().assume_init() };
    lock.l_type = kind;
    lock.l_whence = libc::SEEK_SET as _;
    lock.l_start = byte;
    lock.l_len = 1;
    // SAFETY: both commands read a flock, which is ours.
    is_taken(|| unsafe { libc::fcntl(file, command, &raw const lock) })
}

fn is_taken(set: impl FnMut() -> c_int) -> io::Result<bool> {
    match retry(set) {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EACCES)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes a new file this long and takes room for it on the disk, so that a full disk shows now and not when the file is
/// written.
pub(crate) fn reserve(file: &File, length: usize) -> io::Result<()> {
    check_limit(length as u64)?;
    #[cfg(target_os = "linux")]
    {
        let Ok(end) = libc::off_t::try_from(length) else { return Err(io::ErrorKind::InvalidInput.into()) };
        // SAFETY: no pointers.
        match retry(|| unsafe { libc::fallocate(file.as_raw_fd(), 0, 0, end) }) {
            Err(error) if matches!(error.raw_os_error(), Some(libc::EOPNOTSUPP | libc::ENOSYS)) => {}
            done => return done.map(drop),
        }
    }
    std::os::unix::fs::FileExt::write_all_at(file, &vec![0; length], 0)
}

/// Writes on at the end of a file, which is `length` bytes long afterwards.
pub(crate) fn write_within_limit(mut file: &File, bytes: &[u8], length: u64) -> io::Result<()> {
    check_limit(length)?;
    file.write_all(bytes)
}

/// A write beyond the limit raises a signal (SIGXFSZ), which ends the application.
fn check_limit(length: u64) -> io::Result<()> {
    if length > file_size_limit() { Err(io::Error::from_raw_os_error(libc::EFBIG)) } else { Ok(()) }
}

/// The longest file that this process may write.
fn file_size_limit() -> u64 {
    // The highest number stands for none, also where the call fails.
    let mut limit = wide::rlimit { rlim_cur: !0, rlim_max: !0 };
    // SAFETY: the pointer is to a limit of our own.
    unsafe { wide::getrlimit(libc::RLIMIT_FSIZE, &mut limit) };
    // Its type differs between systems.
    #[allow(clippy::unnecessary_cast)]
    let bytes = limit.rlim_cur as u64;
    bytes
}

/// The user on whose behalf this process opens files.
pub(crate) fn effective_user() -> u32 {
    // SAFETY: always succeeds and touches no memory.
    unsafe { libc::geteuid() }
}

/// Whether the directory is on a network file system, or on one that may be: machines that share it may not share its
/// locks.
#[cfg(target_os = "linux")]
pub(crate) fn is_on_network(directory: &File) -> io::Result<bool> {
    let mut stat = MaybeUninit::<libc::statfs64>::zeroed();
    // SAFETY: the pointer is to a statfs of our own.
    retry(|| unsafe { libc::fstatfs64(directory.as_raw_fd(), stat.as_mut_ptr()) })?;
    // SAFETY: zeroes are a valid statfs, and so is what the system wrote.
    let stat = unsafe { stat.assume_init() };
    // The type is signed on some platforms, and 64 bits wide on some; the numbers have 32 bits.
    #[allow(clippy::unnecessary_cast)]
    Ok(NETWORK_FILE_SYSTEMS.contains(&(stat.f_type as u32)))
}

/// Their `f_type`. FUSE is among them since nothing tells a local one from one that is not (sshfs, s3fs, glusterfs).
#[cfg(target_os = "linux")]
const NETWORK_FILE_SYSTEMS: [u32; 22] = [
    0x6969,      // NFS
    0xFF53_4D42, // CIFS
    0x517B,      // SMB
    0xFE53_4D42, // SMB2
    0x0102_1997, // 9p
    0x6573_5546, // FUSE, virtiofs
    0x5346_414F, // AFS
    0x6B41_4653, // kAFS
    0x00C3_6400, // Ceph
    0x7375_7245, // Coda
    0x564C,      // NCP
    0x0116_1970, // GFS2
    0x7461_636F, // OCFS2
    0x0BD0_0BD0, // Lustre
    0x4750_4653, // GPFS
    0x1983_0326, // BeeGFS
    0x2003_0528, // OrangeFS
    0xAAD7_AAEA, // PanFS
    0xBEEF_DEAD, // StorNext
    0x6163_6673, // ACFS
    0x786F_4256, // VirtualBox's shared folders
    0xBACB_ACBC, // VMware's
];

/// Whether the directory is on a network file system: machines that share it may not share its locks.
#[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
pub(crate) fn is_on_network(directory: &File) -> io::Result<bool> {
    let mut stat = MaybeUninit::<libc::statfs>::zeroed();
    // SAFETY: the pointer is to a statfs of our own.
    retry(|| unsafe { libc::fstatfs(directory.as_raw_fd(), stat.as_mut_ptr()) })?;
    // SAFETY: zeroes are a valid statfs, and so is what the system wrote.
    let stat = unsafe { stat.assume_init() };
    // Their types differ between systems; the flag is a low one.
    Ok(stat.f_flags as u64 & libc::MNT_LOCAL as u64 == 0)
}

/// illumos does not tell.
#[cfg(target_os = "illumos")]
pub(crate) fn is_on_network(_: &File) -> io::Result<bool> {
    Ok(false)
}

/// A call that a signal has interrupted is made again.
fn retry(mut call: impl FnMut() -> c_int) -> io::Result<c_int> {
    loop {
        match call() {
            -1 => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
            result => return Ok(result),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::in_child;

    #[test]
    fn a_limit_on_file_sizes_is_an_error_and_no_signal() {
        let reserve_in_child = |limit| {
            in_child(|| {
                let limit = libc::rlimit { rlim_cur: limit, rlim_max: limit };
                // SAFETY: of the child alone; the pointer is to a limit of ours.
                assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &limit) }, 0);
                let reserved = reserve(&tempfile::tempfile().expect("a file"), 8192);
                reserved.map_or_else(|error| error.raw_os_error().unwrap_or(-1), |()| 0)
            })
        };
        assert_eq!((reserve_in_child(8191), reserve_in_child(8192)), (libc::EFBIG, 0));
    }

    #[test]
    fn a_temporary_file_is_not_on_the_network() {
        let folder = tempfile::tempdir().expect("a folder");
        let directory = File::open(folder.path()).expect("it opens");
        assert!(!is_on_network(&directory).expect("it says"));
    }
}
