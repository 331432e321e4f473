//! `include/personr.ffi.h`: what is left of the header for readers of C that have no preprocessor and want no comments.
//! That of PHP takes no directive at all, so the constants are those of an enum: integers, which all of them are.

use crate::{Header, Value, c};

const BEGINNING: &str = "/*
 * For foreign-function interfaces that read C declarations and have no preprocessor: Python's cffi, PHP's FFI, LuaJIT.
 *
 * These are the declarations and integer constants of personr.h, which says what they mean. Made from it by make header.
 */
";

/// The text of that file.
#[must_use]
pub fn declarations(header: &Header) -> String {
    let constants = header.constants.iter().filter_map(|constant| match constant.value {
        Value::Number(number) => Some(format!("    {} = {number}", constant.name)),
        Value::Text(_) => None,
    });
    let mut lines = vec![BEGINNING.to_owned(), "enum {".to_owned()];
    lines.push(constants.collect::<Vec<_>>().join(",\n"));
    lines.push("};\n".to_owned());
    lines.extend(header.opaque.iter().map(|opaque| format!("typedef struct {0} {0};", opaque.name)));
    lines.extend(header.aliases.iter().map(c::alias));
    lines.push(String::new());
    lines.extend(header.callbacks.iter().map(|callback| c::callback(callback, false)));
    lines.push(String::new());
    lines.extend(header.functions.iter().map(|function| c::function(function, false)));
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::tests::{ANNOTATED, SMALL};

    #[test]
    fn it_has_the_declarations_and_the_numbers() {
        let declarations = |text: &str| {
            let text = declarations(&Header::parse(text).expect("a header"));
            text.strip_prefix(BEGINNING).expect("the comment").to_owned()
        };
        let small = SMALL.replace("#define PERSONR_ONE", "typedef int32_t personr_status;\n\n#define PERSONR_ONE");
        let expected = "
enum {
    PERSONR_VERSION_NUMBER = 10203,
    PERSONR_ONE = -1
};

typedef struct personr_auth personr_auth;
typedef int32_t personr_status;


void personr_auth_run(const personr_auth *auth, int32_t number);
int32_t personr_bare(void);
";
        assert_eq!(declarations(&small), expected);
        let annotated = declarations(ANNOTATED);
        assert!(annotated.contains("\ntypedef void (*personr_tell_fn)(const char *text);\n"), "{annotated}");
        assert!(!annotated.contains("PERSONR_NULLABLE") && !annotated.contains("PERSONR_NONNULL"), "{annotated}");
    }
}
