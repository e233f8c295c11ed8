using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Amps.Ocpp.Actions;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Storage.Sql;

/// <summary>Source-generated JSON of the documents that rest in columns.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(ChargePointConfiguration))]
[JsonSerializable(typeof(BootData))]
[JsonSerializable(typeof(LearnedBehaviour))]
[JsonSerializable(typeof(PasswordHash[]))]
[JsonSerializable(typeof(ActionResult))]
[JsonSerializable(typeof(SandboxControl))]
[JsonSerializable(typeof(string[]))]
internal sealed partial class StoreJson : JsonSerializerContext
{
    public static string? Write<T>(T? value, JsonTypeInfo<T> type)
        where T : class => value is null ? null : JsonSerializer.Serialize(value, type);

    public static T? Read<T>(string? text, JsonTypeInfo<T> type)
        where T : class => text is null ? null : JsonSerializer.Deserialize(text, type);
}
