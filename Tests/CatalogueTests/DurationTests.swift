import Catalogue
import Testing

@Suite struct DurationTests {
  @Test(arguments: [
    ("", 0), ("0", 0), ("90", 90), ("3600", 3600), ("60s", 60), ("30m", 1800), ("1h", 3600), ("1h30m", 5400),
    ("1.5h", 5400), ("1h0.5m", 3630), ("0.25h", 900), (".5h", 1800), ("1d", 86_400), ("365d", 31_536_000),
    ("87600h", 315_360_000), ("1500ms", 1), ("100ms", 0), ("500us", 0), ("3h25m19s", 12_319),
    ("24h0m0s", 86_400),
    ("7s", 7), ("1h1h", 7200), ("2000000µs", 2),
  ])
  func `a duration that servers accept`(text: String, seconds: Int) {
    #expect(Duration.seconds(from: text) == seconds)
  }

  @Test(arguments: [
    "1w", "1d12h", "1y", "PT1H", "1H", " 60s", "60s ", "3600.0", "-1", "-5m", "1h -5m", "h", "d", "1.5d", ".",
    ".h",
    "1..5h", "1h30", "one hour", "99999999999999999999", "9223372036.9s", "2562048h", "200000d",
    "9999999999999", "١h",
  ])
  func `a duration that servers refuse`(text: String) {
    #expect(Duration.seconds(from: text) == nil)
  }

  @Test(arguments: [(0, "0s"), (7, "7s"), (60, "1m0s"), (12_319, "3h25m19s"), (86_400, "24h0m0s")])
  func `servers spell durations like this`(seconds: Int, text: String) {
    #expect(Duration.spelled(seconds: seconds) == text)
  }
}
