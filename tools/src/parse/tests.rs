//! What the parser takes, and what it does not.

use super::*;
use crate::Null;

/// A header as cbindgen writes it.
pub(crate) const SMALL: &str = r#"/*
 * Top.
 *
 *     code
 */


#ifndef PERSONR_H
#define PERSONR_H

#include <stdint.h>

/**
 * The version.
 */
#define PERSONR_VERSION "1.2.3"
#define PERSONR_VERSION_NUMBER 10203

/**
 * One.
 */
#define PERSONR_ONE -1

/**
 * A handle.
 */
typedef struct personr_auth personr_auth;

#ifdef __cplusplus
extern "C" {
#endif /* __cplusplus */

/**
 * Does it.
 *
 * @param auth The handle.
 */
void personr_auth_run(const personr_auth *auth,
                      int32_t number);

int32_t personr_bare(void);

#ifdef __cplusplus
}  // extern "C"
#endif  /* __cplusplus */

#endif  /* PERSONR_H */
"#;

/// Before and after [`nullability::annotated`].
pub(crate) const PLAIN: &str = r#"#ifndef PERSONR_H
#define PERSONR_H

#include <stdint.h>

typedef struct personr_auth personr_auth;

/**
 * Is told.
 *
 * @param text What happened.
 */
typedef void (*personr_tell_fn)(const char *text);

#ifdef __cplusplus
extern "C" {
#endif /* __cplusplus */

/**
 * Makes one.
 *
 * @param email    The account.
 * @param tell     Is told. NULL for nobody.
 * @param auth_out Receives it. NULL on failure.
 */
int32_t personr_auth_new(const char *email, personr_tell_fn tell, personr_auth **auth_out);

/**
 * Its name.
 *
 * @param auth The account. NULL gives "".
 * @return Borrowed. Never NULL.
 */
const char *personr_name(const personr_auth *auth);

#ifdef __cplusplus
}  // extern "C"
#endif  /* __cplusplus */

#endif  /* PERSONR_H */
"#;

pub(crate) const ANNOTATED: &str = r#"#ifndef PERSONR_H
#define PERSONR_H

#include <stdint.h>

/*
 * Whether a pointer may be NULL. clang warns by it, and Swift makes optionals of it; other compilers see nothing.
 */
#if defined(__has_feature)
#if __has_feature(nullability)
#define PERSONR_NONNULL _Nonnull
#define PERSONR_NULLABLE _Nullable
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-extension"
#endif
#endif
#ifndef PERSONR_NULLABLE
#define PERSONR_NONNULL
#define PERSONR_NULLABLE
#endif

typedef struct personr_auth personr_auth;

/**
 * Is told.
 *
 * @param text What happened.
 */
typedef void (*personr_tell_fn)(const char *PERSONR_NONNULL text);

#ifdef __cplusplus
extern "C" {
#endif /* __cplusplus */

/**
 * Makes one.
 *
 * @param email    The account.
 * @param tell     Is told. NULL for nobody.
 * @param auth_out Receives it. NULL on failure.
 */
int32_t personr_auth_new(const char *PERSONR_NONNULL email,
                         personr_tell_fn PERSONR_NULLABLE tell,
                         personr_auth *PERSONR_NULLABLE *PERSONR_NONNULL auth_out);

/**
 * Its name.
 *
 * @param auth The account. NULL gives "".
 * @return Borrowed. Never NULL.
 */
const char *PERSONR_NONNULL personr_name(const personr_auth *PERSONR_NULLABLE auth);

#ifdef __cplusplus
}  // extern "C"
#endif  /* __cplusplus */

#if defined(__has_feature)
#if __has_feature(nullability)
#pragma clang diagnostic pop
#endif
#endif

#endif  /* PERSONR_H */
"#;

#[test]
fn annotations_are_read_and_none_may_be_missing() {
    let read = header(ANNOTATED).expect("a header");
    let parameters = &read.functions[0].signature.parameters;
    assert_eq!(parameters.iter().map(|it| it.of.null).collect::<Vec<_>>(), [Null::Never, Null::Allowed, Null::Never]);
    assert_eq!(read.functions[1].signature.result.null, Null::Never);
    assert_eq!(read.callbacks[0].signature.parameters[0].of.null, Null::Never);
    for (from, to) in [
        ("PERSONR_NONNULL email", "email"),
        ("PERSONR_NULLABLE tell", "tell"),
        ("*PERSONR_NULLABLE *", "**"),
        ("*PERSONR_NULLABLE *", "*PERSONR_NONNULL *"),
        ("char *PERSONR_NONNULL personr_name", "char *personr_name"),
        ("#define PERSONR_NONNULL\n", ""),
        ("#pragma clang diagnostic pop\n", ""),
    ] {
        assert!(ANNOTATED.contains(from), "{from}");
        assert!(header(&ANNOTATED.replacen(from, to, 1)).is_err(), "{from} -> {to}");
    }
    assert!(header(&PLAIN.replace("*email", "*PERSONR_NONNULL email")).is_err(), "it is not defined");
}

#[test]
fn a_header_is_read_whole() {
    let header = header(SMALL).expect("a header");
    assert_eq!(header.overview, ["Top.", "", "    code"]);
    assert_eq!(header.version(), Some("1.2.3"));
    let constants: Vec<_> = header.constants.iter().map(|it| (&*it.name, it.value.clone())).collect();
    let expected = [
        ("PERSONR_VERSION", Value::Text("1.2.3".to_owned())),
        ("PERSONR_VERSION_NUMBER", Value::Number(10203)),
        ("PERSONR_ONE", Value::Number(-1)),
    ];
    assert_eq!(constants, expected);
    // A comment is of the first declaration behind it.
    assert_eq!(header.constants[0].comment.description, ["The version."]);
    assert_eq!(header.constants[1].comment, Comment::default());
    assert_eq!(header.opaque[0].comment.description, ["A handle."]);
    let [run, bare] = &*header.functions else { panic!("{header:?}") };
    assert_eq!((&*run.name, &*run.comment.parameters[0].name), ("personr_auth_run", "auth"));
    assert_eq!(run.text.lines().count(), 2);
    assert_eq!((&*bare.name, &bare.comment), ("personr_bare", &Comment::default()));
}

/// Each is one change to what is taken, and the line that is blamed for it.
#[test]
fn what_is_not_understood_is_an_error_with_its_line() {
    for (from, to, line) in [
        ("#ifndef PERSONR_H", "#pragma once", 8),
        ("#define PERSONR_H\n", "#define PERSONR_X\n", 9),
        ("#include <stdint.h>", "#if 1", 11),
        ("#define PERSONR_ONE -1", "#define PERSONR_ONE ONE", 22),
        ("#define PERSONR_ONE -1", "#define PERSONR_ONE", 22),
        ("#define PERSONR_ONE -1", "#define PERSONR_ONE(x) (x)", 22),
        ("#define PERSONR_ONE -1", "#define PERSONR_VERSION 1", 22),
        ("#define PERSONR_ONE -1", "#define PERSONR_ONE (1 << 3)", 22),
        ("#define PERSONR_ONE -1", "#define PERSONR_ONE \"1\"", 22),
        ("_NUMBER 10203", "_NUMBER (1 * 10000 + 2 * 100 + 3)", 17),
        ("#define PERSONR_ONE -1", "#define ONE 1", 22),
        ("#define PERSONR_ONE -1\n", "\n", 21),
        (" * One.\n", "One.\n", 20),
        (" * One.\n", " *One.\n", 20),
        (" * One.\n", " * One. */\n", 20),
        ("/**\n * One.", "/*\n * One.", 19),
        ("typedef struct personr_auth personr_auth;", "typedef struct personr_auth personr_auth", 27),
        ("typedef struct personr_auth personr_auth;", "void personr_early(void);", 27),
        ("extern \"C\" {", "extern \"C++\" {", 30),
        ("extern \"C\" {\n", "extern \"C\" {\nint a;\n", 31),
        (" * @param auth The handle.", " * @param auth The handle.\n * More.", 37),
        ("int32_t number);", "long number);", 38),
        ("int32_t personr_bare(void);", "/**\n * Nothing.\n */", 43),
        ("int32_t personr_bare(void);", "/* Plain. */", 41),
        ("int32_t personr_bare(void);", "void personr_bare(void) { }", 41),
        ("int32_t personr_bare(void);", "void personr_auth_run(void);", 41),
        ("#endif  /* PERSONR_H */", "#endif  /* PERSONR_X */", 47),
        ("#endif  /* PERSONR_H */\n", "", 46),
        ("#endif  /* PERSONR_H */\n", "#endif  /* PERSONR_H */\nvoid personr_late(void);\n", 48),
        ("#endif  /* PERSONR_H */\n", "typedef int32_t personr_late;\n", 47),
    ] {
        assert!(SMALL.contains(from), "{from}");
        let changed = SMALL.replacen(from, to, 1);
        let error = header(&changed).expect_err(to);
        assert_eq!(error.line, line, "{from} -> {to}: {error}");
    }
}
