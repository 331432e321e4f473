use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::PathBuf;

use super::*;
use crate::sys::{
    become_user, close_standard_streams, in_child, limit_descriptors, limit_file_size, make_fifo, set_umask,
};

fn save(path: &Path, pieces: &[&[u8]]) -> Result<()> {
    let mut file = AtomicFile::create(path)?;
    for piece in pieces {
        file.write(piece)?;
    }
    file.put_in_place()
}

fn reason(result: Result<()>) -> String {
    result.map_or_else(
        |error| {
            assert!([Status::File, Status::InvalidArgument].contains(&error.status()));
            error.reason().to_owned()
        },
        |()| "saved".to_owned(),
    )
}

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

/// A folder of a test's own, and a file's place in it.
fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("image.png");
    (folder, path)
}

#[test]
fn a_file_appears_whole_and_is_its_owners_alone() {
    let (folder, path) = place();
    for umask in [0o000, 0o777] {
        let done = in_child(|| {
            set_umask(umask);
            i32::from(save(&path, &[b"one", b"", b"two"]).is_ok())
        });
        assert_eq!((done, names(folder.path())), (1, vec!["image.png".to_owned()]));
        assert_eq!(fs::read(&path).expect("it is there"), b"onetwo");
        assert_eq!(fs::metadata(&path).expect("it is there").permissions().mode() & 0o7777, 0o600);
        fs::remove_file(&path).expect("removed");
    }
    assert_eq!(save(&path, &[]), Ok(()));
    assert_eq!(fs::read(&path).expect("it is there"), b"");
}

#[test]
fn until_it_is_whole_the_former_file_stands_there() {
    let (folder, path) = place();
    fs::write(&path, "former").expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).expect("set");
    let mut file = AtomicFile::create(&path).expect("made");
    file.write(b"new").expect("written");
    let [temporary, _] = &*names(folder.path()) else { panic!("{:?}", names(folder.path())) };
    assert!(temporary.len() == 25 && temporary.starts_with(".personr-"), "{temporary}");
    let mode = fs::metadata(folder.path().join(temporary)).expect("it is there").mode();
    assert_eq!((mode & 0o7777, fs::read(&path).expect("readable")), (0o600, b"former".to_vec()));
    file.put_in_place().expect("renamed");
    assert_eq!((fs::read(&path).expect("readable"), names(folder.path()).len()), (b"new".to_vec(), 1));
}

#[test]
fn what_is_given_up_is_removed() {
    let (folder, path) = place();
    fs::write(&path, "former").expect("written");
    let mut file = AtomicFile::create(&path).expect("made");
    file.write(b"new").expect("written");
    drop(file);
    assert_eq!(
        (names(folder.path()), fs::read(&path).expect("readable")),
        (vec!["image.png".to_owned()], b"former".to_vec())
    );
}

#[test]
fn only_a_regular_file_is_replaced_and_no_link_is_followed() {
    let (folder, path) = place();
    let at = |name: &str| folder.path().join(name);
    fs::write(&path, "former").expect("written");
    fs::create_dir(at("folder")).expect("made");
    symlink("image.png", at("link")).expect("made");
    symlink("missing", at("dangling")).expect("made");
    symlink("folder", at("way")).expect("made");
    make_fifo(&at("fifo"));
    let before = names(folder.path());
    for name in [
        "folder",
        "link",
        "dangling",
        "way",
        "fifo",
        "folder/",
        "new/",
        "folder/.",
        "new/.",
        ".",
        "..",
        "folder/..",
        "/",
    ] {
        // Before anything is written.
        assert_eq!(reason(AtomicFile::create(&at(name)).map(drop)), "file-type", "{name}");
    }
    assert_eq!(reason(save(Path::new("/dev/null"), &[b"new"])), "file-type");
    assert_eq!(reason(save(Path::new(""), &[b"new"])), "argument");
    assert_eq!((names(folder.path()), fs::read(&path).expect("readable")), (before, b"former".to_vec()));
    assert!(fs::symlink_metadata(at("link")).expect("a link").is_symlink());
    // The folder may be reached by one.
    assert_eq!(save(&at("way/file"), &[b"new"]), Ok(()));
    assert_eq!(names(&at("folder")), ["file"]);
}

/// Between the first look and the renaming.
#[test]
fn what_was_put_there_meanwhile_is_not_replaced() {
    let (folder, path) = place();
    let file = AtomicFile::create(&path).expect("made");
    symlink("elsewhere", &path).expect("made");
    assert_eq!(reason(file.put_in_place()), "file-type");
    assert_eq!(names(folder.path()), ["image.png"]);
    assert!(fs::symlink_metadata(&path).expect("a link").is_symlink());
}

#[test]
fn what_hinders_it_is_told_without_the_path() {
    let (folder, path) = place();
    let long = folder.path().join("n".repeat(256));
    for (path, expected) in [
        (folder.path().join("missing/image.png"), "file-open"),
        (path.join("image.png"), "file-open"),
        (long, "file-open"),
    ] {
        fs::write(folder.path().join("image.png"), "").expect("written");
        let error = save(&path, &[]).expect_err("it cannot be made");
        assert_eq!((error.status(), error.reason()), (Status::File, expected), "{error}");
        assert!(!error.message().contains("image") && !error.message().contains("nnn"), "{error}");
    }
    let without_descriptors = in_child(|| {
        limit_descriptors(0, 0);
        i32::from(reason(save(&path, &[])) == "file-open")
    });
    assert_eq!(without_descriptors, 1);
}

#[test]
fn a_folder_that_may_not_be_written_to_is_told() {
    let (folder, path) = place();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).expect("set");
    let told = in_child(|| {
        // Root may do anything; others are no other user.
        if crate::sys::files::effective_user() == 0 {
            become_user(65_534);
        }
        i32::from(reason(save(&path, &[b"new"])) == "file-open")
    });
    assert_eq!((told, names(folder.path()).len()), (1, 0));
}

/// The limit is an error and no signal, to the byte; and nothing is left behind.
#[test]
fn a_limit_on_file_sizes_is_told() {
    let (folder, path) = place();
    let saved = |length: usize| {
        in_child(|| {
            limit_file_size(10_000);
            let (piece, rest) = (vec![b'a'; 4096], vec![b'b'; length - 8192]);
            i32::from(reason(save(&path, &[&piece, &piece, &rest])) == "file-full")
        })
    };
    assert_eq!((saved(10_001), names(folder.path()).len()), (1, 0));
    assert_eq!((saved(10_000), fs::metadata(&path).map(|it| it.len()).ok()), (0, Some(10_000)));
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_told() {
    let full = io::Error::from_raw_os_error(libc::ENOSPC);
    let error = failed(&full, WRITING);
    assert_eq!(
        (error.reason(), error.message()),
        ("file-full", "the file: it cannot be written, the disk is full, or the quota is used up")
    );
}

/// The application's `printf` would go into it.
#[test]
fn no_standard_stream_is_used() {
    let (_folder, path) = place();
    let descriptors = in_child(|| {
        close_standard_streams();
        let file = AtomicFile::create(&path).expect("made");
        let descriptors =
            [std::os::fd::AsRawFd::as_raw_fd(&file.folder), std::os::fd::AsRawFd::as_raw_fd(&file.temporary.file)];
        i32::from(descriptors.iter().all(|descriptor| *descriptor >= 3))
    });
    assert_eq!(descriptors, 1);
}
