#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Blocks the thread for a moment, inside a call that is synchronous anyway.
func sleepMicroseconds(_ count: UInt32) {
  usleep(count)
}
