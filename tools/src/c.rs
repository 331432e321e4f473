//! Declarations as text, laid out as in the header: on one line if there is room, else with one parameter a line.

use crate::{Alias, Callback, Function, Null, Parameter, Signature, Type};

/// The annotations of pointers.
pub(crate) const ANNOTATIONS: [(Null, &str); 2] =
    [(Null::Never, "PERSONR_NONNULL"), (Null::Allowed, "PERSONR_NULLABLE")];

const WIDTH: usize = 120;

/// `RESULT NAME(PARAMETERS);`, with the annotations of its pointers or without.
#[must_use]
pub fn function(function: &Function, is_annotated: bool) -> String {
    let signature = &function.signature;
    declaration(&(typed(&signature.result, is_annotated) + &function.name), signature, is_annotated)
}

/// `typedef RESULT (*NAME)(PARAMETERS);`, with the annotations of its pointers or without.
#[must_use]
pub fn callback(callback: &Callback, is_annotated: bool) -> String {
    let signature = &callback.signature;
    let result = typed(&signature.result, is_annotated);
    declaration(&format!("typedef {result}(*{})", callback.name), signature, is_annotated)
}

/// `typedef OTHER NAME;`.
#[must_use]
pub fn alias(alias: &Alias) -> String {
    format!("typedef {}{};", typed(&alias.other, false), alias.name)
}

fn declaration(beginning: &str, signature: &Signature, is_annotated: bool) -> String {
    let parameter = |it: &Parameter| typed(&it.of, is_annotated) + &it.name;
    let parameters: Vec<_> = signature.parameters.iter().map(parameter).collect();
    if parameters.is_empty() {
        return format!("{beginning}(void);");
    }
    let line = format!("{beginning}({});", parameters.join(", "));
    if line.len() <= WIDTH {
        return line;
    }
    let indentation = format!(",\n{:1$}", "", beginning.len() + 1);
    format!("{beginning}({});", parameters.join(&indentation))
}

/// A type, up to the name that follows.
fn typed(of: &Type, is_annotated: bool) -> String {
    let mut text = if of.is_const { "const ".to_owned() } else { String::new() };
    text += &of.base;
    text.push(' ');
    for outer in (0..of.pointers).rev() {
        text.push('*');
        // Outputs are set to NULL first.
        text += &annotation(if outer == 0 { of.null } else { Null::Allowed }, is_annotated);
    }
    if of.pointers == 0 {
        text += &annotation(of.null, is_annotated);
    }
    text
}

fn annotation(null: Null, is_annotated: bool) -> String {
    let annotation = ANNOTATIONS.iter().find(|(it, _)| *it == null && is_annotated);
    annotation.map(|(_, word)| format!("{word} ")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Header;
    use crate::parse::tests::ANNOTATED;

    #[test]
    fn what_is_read_is_written() {
        let header = Header::parse(ANNOTATED).expect("a header");
        let functions = header.functions.iter().map(|it| function(it, true));
        for text in functions.chain(header.callbacks.iter().map(|it| callback(it, true))) {
            assert!(ANNOTATED.contains(&format!("\n{text}\n")), "{text}");
        }
        assert_eq!(callback(&header.callbacks[0], false), "typedef void (*personr_tell_fn)(const char *text);");
        assert_eq!(
            function(&header.functions[0], false),
            "int32_t personr_auth_new(const char *email, personr_tell_fn tell, personr_auth **auth_out);"
        );
    }

    #[test]
    fn what_has_no_room_on_a_line_has_a_line_for_each_parameter() {
        let header = Header::parse(&ANNOTATED.replace("email", &"email".repeat(12))).expect("a header");
        let text = function(&header.functions[0], false);
        let expected =
            ["                         personr_tell_fn tell,", "                         personr_auth **auth_out);"];
        assert_eq!(text.lines().skip(1).collect::<Vec<_>>(), expected);
    }
}
