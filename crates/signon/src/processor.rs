//! Whether the processor can run this build.

/// The processor lacks BMI2 or ADX, which `pasta_curves`' assembly for x86-64 uses without asking.
/// Intel has both since Broadwell (2014), AMD since Zen (2017).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "this processor lacks the instructions BMI2 and ADX; use a build for older ones: RUSTFLAGS=\"--cfg pasta_curves_noasm\" cargo build --release"
)]
pub struct UnsuitableProcessor;

/// Whether this build's field arithmetic can run here. A program asks before all else: where it
/// can't, the first field element would end the program with an illegal instruction.
///
/// # Errors
/// On an x86-64 processor without BMI2 or ADX, unless the build does without them.
pub fn check_processor() -> Result<(), UnsuitableProcessor> {
    #[cfg(target_arch = "x86_64")]
    if pasta_curves::BACKEND != "portable"
        && !(std::arch::is_x86_feature_detected!("bmi2")
            && std::arch::is_x86_feature_detected!("adx"))
    {
        return Err(UnsuitableProcessor);
    }
    Ok(())
}
