//! A C library with the functions of the header and empty bodies. Its debug information is the interface as abidiff sees it:
//! of the library itself, which is in Rust, it would see no parameter.

use crate::Header;

/// The source of that library.
#[must_use]
pub fn source(header: &Header) -> String {
    let mut text = "#include \"personr.h\"\n".to_owned();
    // Debug information leaves out a type of which nothing is known but its name.
    for opaque in &header.opaque {
        text += &format!("struct {} {{ int opaque; }};\n", opaque.name);
    }
    for function in &header.functions {
        let body = if function.signature.result.is_void() { "{ }" } else { "{ return 0; }" };
        text += &format!("{} {body}\n", function.text.trim_end_matches(';'));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::tests::SMALL;

    #[test]
    fn each_function_gets_a_body_and_each_handle_a_member() {
        let header = Header::parse(SMALL).expect("a header");
        let expected = "#include \"personr.h\"
struct personr_auth { int opaque; };
void personr_auth_run(const personr_auth *auth,
                      int32_t number) { }
int32_t personr_bare(void) { return 0; }
";
        assert_eq!(source(&header), expected);
    }
}
