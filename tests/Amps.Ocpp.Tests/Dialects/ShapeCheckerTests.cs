using System.Text;
using System.Text.Json;
using Amps.Ocpp.Dialects.Ocpp16;
using Amps.Ocpp.Dialects.Shapes;
using FsCheck;
using FsCheck.Fluent;

namespace Amps.Ocpp.Tests.Dialects;

/// <summary>Payloads against their shape: what is refused, by which rule, and what leniency lets pass (faults P1 to P5).</summary>
public sealed class ShapeCheckerTests
{
    private static (ShapeViolation? Violation, int Tolerated) Check(string action, string payload, bool strict = false)
    {
        ShapeViolation? violation = ShapeChecker.Check(
            Ocpp16Actions.Table.Find(action)!.Request, Encoding.UTF8.GetBytes(payload), strict ? ShapeMode.Strict : ShapeMode.Lenient, out int tolerated);
        return (violation, tolerated);
    }

    [Theory]
    [Trait("row", "P1")]
    [Trait("row", "P2")]
    [Trait("row", "P3")]
    [InlineData("StatusNotification", """{"connectorId":1,"status":"Available"}""", "Occurrence", "/errorCode")]
    [InlineData("StatusNotification", """{"connectorId":"1","errorCode":"NoError","status":"Available"}""", "Type", "/connectorId")]
    [InlineData("StatusNotification", """{"connectorId":1,"errorCode":"NoError","status":"Busy"}""", "Property", "/status")]
    [InlineData("StatusNotification", """{"connectorId":1.5,"errorCode":"NoError","status":"Available"}""", "Type", "/connectorId")]
    [InlineData("StatusNotification", """{"connectorId":9999999999999,"errorCode":"NoError","status":"Available"}""", "Property", "/connectorId")]
    [InlineData("MeterValues", """{"connectorId":1,"meterValue":[{"timestamp":"2026-01-01T00:00:00Z","sampledValue":[{"value":7}]}]}""", "Type", "/meterValue/0/sampledValue/0/value")]
    [InlineData("MeterValues", """{"connectorId":1,"meterValue":[{"timestamp":"yesterday","sampledValue":[{"value":"7"}]}]}""", "Formation", "/meterValue/0/timestamp")]
    [InlineData("SecurityEventNotification", """{"type":"\ud800","timestamp":"2026-01-01T00:00:00Z"}""", "Formation", "/type")]
    [InlineData("Heartbeat", "[]", "Formation", "")]
    [InlineData("Heartbeat", "{", "Formation", "")]
    [InlineData("Heartbeat", "7", "Formation", "")]
    public void A_broken_rule_is_named_with_the_place_of_the_fault(string action, string payload, string kind, string path)
    {
        ShapeViolation violation = Assert.NotNull(Check(action, payload).Violation);
        Assert.Equal((kind, path), (violation.Kind.ToString(), violation.Path));
    }

    [Theory]
    [Trait("row", "P4")]
    [Trait("row", "P5")]
    [InlineData("""{"idTag":"A card whose number is longer than twenty characters"}""")]
    [InlineData("""{"idTag":"CARD","vendorExtra":{"deep":[1,2,{"x":null}]}}""")]
    public void What_does_no_harm_is_tolerated_and_counted_and_refused_when_strict(string payload)
    {
        Assert.Equal((null, 1), Check("Authorize", payload));
        Assert.NotNull(Check("Authorize", payload, strict: true).Violation);
    }

    [Fact]
    public void A_field_that_comes_twice_counts_by_its_last_value() =>
        Assert.Equal("/idTag", Check("Authorize", """{"idTag":"CARD","idTag":7}""").Violation!.Value.Path);

    [Fact]
    public void No_text_makes_it_throw() => Prop.ForAll<string, bool>((text, strict) =>
    {
        Check("StatusNotification", text ?? "", strict);
        Check("StatusNotification", $$"""{"connectorId":1,"errorCode":"NoError","status":{{JsonSerializer.Serialize(text)}}}""", strict);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void What_is_right_when_strict_is_right_when_lenient() => Prop.ForAll<byte, string>((connector, info) =>
    {
        string payload = JsonSerializer.Serialize(new { connectorId = (int)connector, errorCode = "NoError", status = "Available", info = info ?? "" });
        return Check("StatusNotification", payload, strict: true).Violation is not null || Check("StatusNotification", payload) is (null, 0);
    }).QuickCheckThrowOnFailure();
}
