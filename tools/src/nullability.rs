//! Annotates the pointers of the header: which may be NULL, as the comments say.
//!
//! cbindgen has an annotation only for types of Rust that are never NULL, and a C program can pass NULL for any pointer.
//! The comments say of each parameter and result in a few fixed phrases whether it may be NULL, so annotations and words
//! cannot differ. `tests/interface/pointers.rs` calls every function with NULL for each pointer, and sees that it is as both say.

use crate::{Callback, Comment, Error, Function, Header, Null, Signature, c};

/// Stands behind the `#include` lines.
pub(crate) const BEGINNING: &str = r#"/*
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
"#;

/// Stands before the `#endif` of the include guard.
pub(crate) const END: &str = "#if defined(__has_feature)
#if __has_feature(nullability)
#pragma clang diagnostic pop
#endif
#endif
";

/// In the comment of a parameter that may be NULL.
const PHRASES: [&str; 5] = ["ay be NULL", "NULL for ", "NULL gives ", "NULL does nothing", "NULL if "];

/// The header with annotations, of what cbindgen wrote.
///
/// # Errors
///
/// What is not understood, and a result that is a pointer of which its comment does not say whether it may be NULL.
pub fn annotated(text: &str) -> Result<String, Error> {
    let header = Header::parse(text)?;
    let mut annotated = text.to_owned();
    for function in &header.functions {
        let signature = of_signature(&header, text, &function.text, &function.comment, &function.signature)?;
        let new = c::function(&Function { signature, ..function.clone() }, true);
        annotated = annotated.replacen(&function.text, &new, 1);
    }
    for callback in &header.callbacks {
        let signature = of_signature(&header, text, &callback.text, &callback.comment, &callback.signature)?;
        let new = c::callback(&Callback { signature, ..callback.clone() }, true);
        annotated = annotated.replacen(&callback.text, &new, 1);
    }
    let includes = annotated.rfind("\n#include ").unwrap_or_default() + 1;
    let includes_end = annotated[includes..].find('\n').map_or(annotated.len(), |end| includes + end + 1);
    annotated.insert_str(includes_end, &format!("\n{BEGINNING}"));
    let guard_end = annotated.rfind("#endif").unwrap_or_default();
    annotated.insert_str(guard_end, &format!("{END}\n"));
    Ok(annotated)
}

/// A signature with what its comment says. `declaration` stands in `text`.
fn of_signature(
    header: &Header,
    text: &str,
    declaration: &str,
    comment: &Comment,
    signature: &Signature,
) -> Result<Signature, Error> {
    let mut signature = signature.clone();
    for parameter in signature.parameters.iter_mut().filter(|parameter| header.is_pointer(&parameter.of)) {
        let described = comment.parameters.iter().find(|described| described.name == parameter.name);
        let words = described.map(|described| described.lines.join(" ")).unwrap_or_default();
        let may_be = PHRASES.iter().any(|phrase| words.contains(phrase));
        parameter.of.null = if may_be { Null::Allowed } else { Null::Never };
    }
    if header.is_pointer(&signature.result) {
        let words = comment.returned.join(" ");
        signature.result.null = match (words.contains("Never NULL"), words.contains("NULL")) {
            (true, _) => Null::Never,
            (false, true) => Null::Allowed,
            (false, false) => {
                let line = text.split(declaration).next().unwrap_or_default().lines().count() + 1;
                return Err(Error::new(line, "@return does not say whether it may be NULL"));
            }
        };
    }
    Ok(signature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::tests::{ANNOTATED, PLAIN};

    #[test]
    fn the_comments_say_what_may_be_null() {
        assert_eq!(annotated(PLAIN).expect("a header"), ANNOTATED);
    }

    #[test]
    fn a_result_of_which_nothing_is_said_is_an_error_with_its_line() {
        let silent = PLAIN.replace("Never NULL.", "A text.");
        let line = silent.lines().position(|line| line.starts_with("const char *personr_name")).expect("the line") + 1;
        assert_eq!(annotated(&silent).expect_err("nothing is said").line, line);
    }
}
