using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Amps.Ocpp.Bench.Servers;

/// <summary>
/// The reference of a read: a minimal API that looks the key up by its SHA-256 and the object by its id, and serialises an
/// answer of the same shape and size by generated code.
/// </summary>
internal static class BareApiServer
{
    public const string Key = "amps_sk_live_0123456789abcdefghijABCDEFGHIJ0123456789";

    private static readonly FrozenDictionary<string, string> s_keys =
        new Dictionary<string, string> { [Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Key)))] = "live" }.ToFrozenDictionary();

    public static WebApplication Build(ServerPlace place)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.ConfigureHttpJsonOptions(options => options.SerializerOptions.TypeInfoResolverChain.Insert(0, BareJson.Default));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.ListenLocalhost(place.ApiPort);
        });
        WebApplication app = builder.Build();
        FrozenDictionary<string, BareCharger> chargers = Enumerable.Range(0, 1024).ToFrozenDictionary(AmpsServer.Device, Charger);
        app.MapGet("/ev-charger/{id}", IResult (HttpContext context, string id) =>
        {
            if (Environment(context.Request.Headers["x-api-key"].ToString()) is not { } environment)
                return TypedResults.Unauthorized();
            return chargers.TryGetValue(id, out BareCharger? charger)
                ? TypedResults.Json(new BareAnswer(true, charger, new BareMeta("req_01234567", environment, DateTime.UtcNow, 0)), BareJson.Default.BareAnswer)
                : TypedResults.NotFound();
        });
        return app;
    }

    private static string? Environment(string key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> text = stackalloc byte[256];
        if (key.Length is 0 or > 64)
            return null;
        SHA256.HashData(text[..Encoding.UTF8.GetBytes(key, text)], hash);
        Span<char> hex = stackalloc char[SHA256.HashSizeInBytes * 2];
        Convert.TryToHexString(hash, hex, out _);
        return s_keys.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(hex, out string? environment) ? environment : null;
    }

    private static BareCharger Charger(int number) => new(
        AmpsServer.Device(number),
        "Vendor",
        new BareSync(true, DateTime.UtcNow),
        new BareMetadata("Model", "cache"),
        new BareState("charging", true, true, 11.04, 16, 22),
        ["cancel_and_replace"],
        new BareCommands(new BareCommand(new BareParameters(), ["immediate", "scheduled", "windowed"]), new BareCommand(new BareParameters(), ["immediate", "scheduled"])),
        new BareSettings(new BareSetting(22, "kW", 0, 22)),
        null,
        null);
}

internal sealed record BareAnswer(bool Success, BareCharger Data, BareMeta Meta);

internal sealed record BareMeta(string RequestId, string Environment, DateTime Timestamp, long LatencyMs);

internal sealed record BareCharger(
    string Id, string Vendor, BareSync Sync, BareMetadata Metadata, BareState State, string[] ConflictStrategies, BareCommands Commands,
    BareSettings Settings, string? LastAction, string? CurrentSchedule);

internal sealed record BareSync(bool Available, DateTime LastPulledAt);

internal sealed record BareMetadata(string Model, string Source);

internal sealed record BareState(string Status, bool IsConnected, bool IsCharging, double? CurrentPower, double? MaxCurrent, double? PowerRateLimit);

internal sealed record BareCommands(BareCommand Charge, BareCommand Idle);

internal sealed record BareCommand(BareParameters Parameters, string[] Execution);

internal sealed record BareParameters;

internal sealed record BareSettings([property: JsonPropertyName("max_charge_rate")] BareSetting MaxChargeRate);

internal sealed record BareSetting(double? Value, string Unit, double Min, double Max);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BareAnswer))]
internal sealed partial class BareJson : JsonSerializerContext;
