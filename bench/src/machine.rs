//! What the kernel says of a process and of the machine (`/proc`; Linux).

use std::{fs, time::Duration};

use anyhow::{Context as _, Result};

/// Memory of a process, in KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Resident now (`VmRSS`).
    pub resident: u64,
    /// The most that ever was (`VmHWM`).
    pub peak: u64,
}

/// Reads the memory of a process.
///
/// # Errors
/// When there is no such process, or no `/proc`.
pub fn memory(pid: u32) -> Result<Memory> {
    let path = format!("/proc/{pid}/status");
    let text = fs::read_to_string(&path).context(path.clone())?;
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
        number.with_context(|| format!("{path}: no {name}"))
    };
    Ok(Memory {
        resident: field("VmRSS:")?,
        peak: field("VmHWM:")?,
    })
}

/// The processor time that a process has used, all its threads together, to 10 ms.
///
/// # Errors
/// When there is no such process, or no `/proc`.
pub fn processor_time(pid: u32) -> Result<Duration> {
    let path = format!("/proc/{pid}/stat");
    let text = fs::read_to_string(&path).context(path.clone())?;
    // The name in parentheses may hold spaces; after it come state, parent and so on: user and system time are 14 and 15.
    let rest = text.rsplit(')').next().unwrap_or_default();
    let ticks: Option<u64> = rest
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|field| field.parse::<u64>().ok())
        .sum();
    // USER_HZ is 100 on every Linux that this runs on.
    Ok(Duration::from_millis(ticks.with_context(|| path)? * 10))
}

/// The machine in one line: processor, cores, memory, kernel, load.
#[must_use]
pub fn describe() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let model = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1))
        .unwrap_or("unknown processor")
        .to_owned();
    let meminfo = read("/proc/meminfo");
    let memory = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next())
        .and_then(|kib| kib.parse::<u64>().ok())
        .unwrap_or(0);
    let kernel = read("/proc/sys/kernel/osrelease");
    let load = read("/proc/loadavg");
    format!(
        "{model}, {} cores, {} GiB; Linux {}; load average of the last minute {}",
        crate::threads(),
        memory / 1024 / 1024,
        kernel.trim(),
        load.split(' ').next().unwrap_or("unknown"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_this_process() {
        let pid = std::process::id();
        let memory = memory(pid).unwrap();
        assert!(memory.resident > 0 && memory.resident <= memory.peak);
        processor_time(pid).unwrap();
        assert!(super::memory(u32::MAX).is_err());
    }
}
