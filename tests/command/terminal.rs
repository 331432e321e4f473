//! A terminal at which the command runs, with nobody but the test before it.

#![cfg(all(feature = "capi", target_os = "linux"))]

use std::fs::File;
use std::io::{Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::ptr;
use std::time::{Duration, Instant};

use crate::scene::{Scene, program};

/// Who hangs for so long fails.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often is looked whether the command has ended without a word, in milliseconds.
const LOOK: i32 = 200;

pub struct Terminal {
    master: File,
    /// Open here as well, so that the terminal outlives the command.
    slave: OwnedFd,
    child: Child,
    shown: String,
}

impl Terminal {
    /// With the password in no file. What the command prints goes into a pipe, and what it asks to the terminal.
    pub fn running(scene: &Scene, arguments: &[&str]) -> Self {
        let (mut master, mut slave) = (0, 0);
        let opened =
            // SAFETY: both are written, and the others may be NULL.
            unsafe { libc::openpty(&mut master, &mut slave, ptr::null_mut(), ptr::null_mut(), ptr::null_mut()) };
        assert_eq!(opened, 0, "a terminal");
        // SAFETY: they were just opened, and are nobody else's.
        let (master, slave) = unsafe { (File::from_raw_fd(master), OwnedFd::from_raw_fd(slave)) };
        for descriptor in [master.as_raw_fd(), slave.as_raw_fd()] {
            // SAFETY: no pointers.
            assert_eq!(unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) }, 0);
        }
        let mut command = Command::new(program());
        command.args(arguments);
        scene.settle(&mut command);
        command.env_remove("PERSONR_PASSWORD_FILE").stdin(Stdio::from(slave.try_clone().expect("a copy")));
        // SAFETY: all of them may be called behind fork.
        unsafe {
            command.pre_exec(|| {
                // Whoever runs the tests in the background has them ignored.
                for signal in [libc::SIGINT, libc::SIGQUIT, libc::SIGHUP, libc::SIGTERM] {
                    libc::signal(signal, libc::SIG_DFL);
                }
                match libc::setsid() != -1 && libc::ioctl(0, libc::TIOCSCTTY, 0) == 0 {
                    true => Ok(()),
                    false => Err(std::io::Error::last_os_error()),
                }
            })
        };
        let child = command.spawn().expect("it runs");
        Self { master, slave, child, shown: String::new() }
    }

    fn attributes(&self) -> libc::termios {
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: it is written if the call succeeds.
        unsafe {
            assert_eq!(libc::tcgetattr(self.slave.as_raw_fd(), attributes.as_mut_ptr()), 0);
            attributes.assume_init()
        }
    }

    pub fn echoes(&self) -> bool {
        self.attributes().c_lflag & libc::ECHO != 0
    }

    /// What the system allows the command, a line each.
    pub fn limits(&self) -> String {
        std::fs::read_to_string(format!("/proc/{}/limits", self.child.id())).expect("a process")
    }

    /// Whether something is shown within so many milliseconds.
    fn wait(&self, milliseconds: i32) -> bool {
        let mut waiting = libc::pollfd { fd: self.master.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: one descriptor is there.
        unsafe { libc::poll(&mut waiting, 1, milliseconds) == 1 }
    }

    fn read(&mut self) {
        let mut buffer = [0; 4096];
        let length = self.master.read(&mut buffer).expect("the terminal");
        self.shown += &String::from_utf8_lossy(&buffer[..length]);
    }

    pub fn read_until(&mut self, text: &str) {
        let begun = Instant::now();
        while !self.shown.contains(text) {
            if self.wait(LOOK) {
                self.read();
            } else {
                let end = self.child.try_wait().expect("a child");
                let is_waiting = end.is_none() && begun.elapsed() < PATIENCE;
                assert!(is_waiting, "{text:?} is not in {:?}, {end:?}", self.shown);
            }
        }
    }

    pub fn write(&mut self, text: &str) {
        self.master.write_all(text.as_bytes()).expect("the terminal");
    }

    pub fn signal(&self, signal: i32) {
        // SAFETY: the process is a child of ours that has not been waited for.
        assert_eq!(unsafe { libc::kill(self.child.id() as i32, signal) }, 0);
    }

    /// How it ended, what the terminal showed, and what stdout got. The terminal is as it was.
    pub fn finish(mut self) -> (ExitStatus, String, String) {
        let mut stdout = String::new();
        self.child.stdout.take().expect("a pipe").read_to_string(&mut stdout).expect("UTF-8");
        let status = self.child.wait().expect("its end");
        while self.wait(0) {
            self.read();
        }
        assert!(self.echoes(), "the terminal is left without echo");
        (status, std::mem::take(&mut self.shown), stdout)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
