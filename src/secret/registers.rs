//! Clears the vector registers. Copies and comparisons go through them. The loader saves them to the stack when it binds a
//! function of the application at its first call, and a core dump has them too.

/// Clears those that a function may change.
#[cfg(target_arch = "x86_64")]
pub(super) fn clear() {
    use std::arch::asm;
    use std::arch::is_x86_feature_detected as has;
    // SAFETY: the processor has these instructions, as the line before each says, or as all of its kind. They clear registers
    // that any call may change, and touch neither memory nor flags.
    unsafe {
        if has!("avx512f") {
            asm!(
                ".irp number, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31",
                "vpxord zmm\\number, zmm\\number, zmm\\number",
                ".endr",
                clobber_abi("C"),
                options(nostack, nomem, preserves_flags),
            );
        }
        if has!("avx") {
            asm!("vzeroall", clobber_abi("C"), options(nostack, nomem, preserves_flags));
        } else {
            asm!(
                ".irp number, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15",
                "pxor xmm\\number, xmm\\number",
                ".endr",
                clobber_abi("C"),
                options(nostack, nomem, preserves_flags),
            );
        }
    }
}

/// Clears those that a function may change.
#[cfg(target_arch = "x86")]
pub(super) fn clear() {
    use std::arch::asm;
    use std::arch::is_x86_feature_detected as has;
    // SAFETY: as above.
    unsafe {
        if has!("avx") {
            asm!("vzeroall", clobber_abi("C"), options(nostack, nomem, preserves_flags));
        } else if has!("sse2") {
            asm!(
                ".irp number, 0,1,2,3,4,5,6,7",
                "pxor xmm\\number, xmm\\number",
                ".endr",
                clobber_abi("C"),
                options(nostack, nomem, preserves_flags),
            );
        }
    }
}

/// Clears those that a function may change; of eight others that is the upper half, which is not cleared.
#[cfg(target_arch = "aarch64")]
pub(super) fn clear() {
    // SAFETY: every processor of this kind has the instruction. It clears registers that any call may change, and touches neither
    // memory nor flags.
    unsafe {
        std::arch::asm!(
            ".irp number, 0,1,2,3,4,5,6,7,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31",
            "movi v\\number\\().2d, #0",
            ".endr",
            clobber_abi("C"),
            options(nostack, nomem, preserves_flags),
        );
    }
}

/// On other machines they stay as they are.
#[cfg(not(any(target_arch = "x86_64", target_arch = "x86", target_arch = "aarch64")))]
pub(super) fn clear() {}

#[cfg(all(test, any(target_arch = "x86_64", target_arch = "x86", target_arch = "aarch64")))]
mod tests {
    use std::arch::asm;

    use super::*;

    const SECRET: [u8; 16] = *b"a secret's bytes";

    /// The eight registers that every machine has, after `work`, to which they came full of the secret.
    fn registers_after(work: fn()) -> [[u8; 16]; 8] {
        let mut found = [[0; 16]; 8];
        // SAFETY: each block reads or writes the 16 bytes that a register takes: of the secret, or of a place of `found`. The
        // registers are those that any call may change.
        unsafe {
            #[cfg(not(target_arch = "aarch64"))]
            asm!(
                ".irp number, 0,1,2,3,4,5,6,7", "movdqu xmm\\number, [{secret}]", ".endr",
                secret = in(reg) &SECRET, clobber_abi("C"), options(nostack, readonly)
            );
            #[cfg(target_arch = "aarch64")]
            asm!(
                ".irp number, 0,1,2,3,4,5,6,7", "ldr q\\number, [{secret}]", ".endr",
                secret = in(reg) &SECRET, clobber_abi("C"), options(nostack, readonly)
            );
            work();
            #[cfg(not(target_arch = "aarch64"))]
            asm!(
                ".irp number, 0,1,2,3,4,5,6,7", "movdqu [{found} + 16 * \\number], xmm\\number", ".endr",
                found = in(reg) &mut found, options(nostack)
            );
            #[cfg(target_arch = "aarch64")]
            asm!(
                ".irp number, 0,1,2,3,4,5,6,7", "str q\\number, [{found}, #16 * \\number]", ".endr",
                found = in(reg) &mut found, options(nostack)
            );
        }
        found
    }

    #[test]
    fn no_register_keeps_a_secret() {
        let kept = |work| registers_after(work).iter().filter(|register| **register == SECRET).count();
        assert!(kept(|| {}) > 0, "they are full before");
        assert_eq!(kept(clear), 0);
    }
}
