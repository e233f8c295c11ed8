using Amps.Ocpp.Dialects;
using FsCheck;
using FsCheck.Fluent;

namespace Amps.Ocpp.Tests.Dialects;

/// <summary>Times as charge points write them (quirk Q27, faults P6).</summary>
public sealed class ChargerTimeTests
{
    [Theory]
    [Trait("row", "P6")]
    [InlineData("2026-05-08T11:30:00Z", "2026-05-08T11:30:00Z")]
    [InlineData("2026-05-08T11:30:00", "2026-05-08T11:30:00Z")]
    [InlineData("2026-05-08 11:30:00", "2026-05-08T11:30:00Z")]
    [InlineData("2026-05-08T13:30:00+02:00", "2026-05-08T11:30:00Z")]
    [InlineData("2026-05-08T13:30:00+0200", "2026-05-08T11:30:00Z")]
    [InlineData("2026-05-08T13:30:00+02", "2026-05-08T11:30:00Z")]
    [InlineData("2026-05-08T11:30:00.123456789Z", "2026-05-08T11:30:00Z")]
    [InlineData(" 2026-05-08T11:30:00Z ", "2026-05-08T11:30:00Z")]
    [InlineData("2028-02-29T00:00:00Z", "2028-02-29T00:00:00Z")]
    [InlineData("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z")]
    [InlineData("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z")]
    [InlineData("2099-12-31T23:59:59Z", "2099-12-31T23:59:59Z")]
    public void Every_spelling_seen_is_understood(string text, string utc) => Assert.Equal(utc, ChargerTime.Write(ChargerTime.Read(text)!.Value));

    [Theory]
    [Trait("row", "P6")]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("now")]
    [InlineData("1746703800")]
    [InlineData("2027-02-29T00:00:00Z")]
    [InlineData("2026-13-01T00:00:00Z")]
    public void What_cannot_be_understood_is_null(string? text) => Assert.Null(ChargerTime.Read(text));

    [Fact]
    public void Reading_what_was_written_gives_the_same_second() => Prop.ForAll<int>(seconds =>
    {
        DateTimeOffset time = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000L + seconds);
        return ChargerTime.Read(ChargerTime.Write(time)) == time;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void No_text_makes_it_throw() => Prop.ForAll<string>(text =>
    {
        ChargerTime.Read(text);
        ChargerTime.Read("2026-05-08T" + text);
    }).QuickCheckThrowOnFailure();
}
