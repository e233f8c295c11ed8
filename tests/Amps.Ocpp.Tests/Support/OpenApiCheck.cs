using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Amps.Ocpp.Hosting;
using NJsonSchema;

namespace Amps.Ocpp.Tests.Support;

/// <summary>Holds answers of the service against its own OpenAPI document (faults A18).</summary>
public static class OpenApiCheck
{
    private static readonly JsonObject s_document = Load();
    private static readonly (Regex Path, string Template, JsonObject Item)[] s_paths = [.. s_document["paths"]!.AsObject().Select(path => (
        new Regex("^" + Regex.Replace(Regex.Escape(path.Key).Replace("\\{", "{"), @"\{[^}]*\}", "[^/]+") + "$", RegexOptions.None, TimeSpan.FromSeconds(1)),
        path.Key,
        path.Value!.AsObject()))];

    private static readonly ConcurrentDictionary<string, JsonSchema> s_schemas = new();

    /// <summary>The document as it is served.</summary>
    public static string Text => s_document.ToJsonString();

    /// <summary>Every operation of the document, e.g. <c>GET /ev-charger/{deviceId}</c>.</summary>
    public static IEnumerable<string> Operations => s_paths.SelectMany(path => path.Item.Select(operation => $"{operation.Key.ToUpperInvariant()} {path.Template}"));

    /// <summary>Fails unless the answer is one that the document names for this route; requests to routes it does not know may only fail.</summary>
    public static void Check(HttpMethod method, string path, int status, JsonElement answer)
    {
        (Regex _, string template, JsonObject item) = s_paths.FirstOrDefault(known => known.Path.IsMatch(path));
        JsonObject? operation = item?[method.Method.ToLowerInvariant()]?.AsObject();
        JsonObject? response = operation?["responses"]![status.ToString(System.Globalization.CultureInfo.InvariantCulture)]?.AsObject();
        if (response?["$ref"] is { } reference)
            response = Resolve(reference.GetValue<string>());
        if (operation is null)
            response = s_document["components"]!["responses"]!["Error404"]!.AsObject();
        Assert.True(response is not null && (operation is not null || status is >= 400 and < 600), $"{method} {template ?? path} answered {status}, which the document does not name: {answer}");
        JsonNode schema = response!["content"]!["application/json"]!["schema"]!;
        Validate(schema, answer.GetRawText(), $"{method} {template ?? path} {status}");
    }

    /// <summary>Holds a webhook's body against the document.</summary>
    public static void CheckWebhook(string eventType, string body) => Validate(
        s_document["webhooks"]![eventType]!["post"]!["requestBody"]!["content"]!["application/json"]!["schema"]!, body, $"webhook {eventType}");

    private static void Validate(JsonNode schema, string json, string what)
    {
        JsonSchema compiled = s_schemas.GetOrAdd(schema.ToJsonString(), static text => Compile(JsonNode.Parse(text)!.AsObject()));
        Assert.True(compiled.Validate(json) is { Count: 0 }, $"{what}: {string.Join("; ", compiled.Validate(json))}: {json}");
    }

    /// <summary>A schema that stands alone: the components become its definitions.</summary>
    private static JsonSchema Compile(JsonObject schema)
    {
        schema["definitions"] = s_document["components"]!["schemas"]!.DeepClone();
        string text = schema.ToJsonString().Replace("#/components/schemas/", "#/definitions/", StringComparison.Ordinal);
        return JsonSchema.FromJsonAsync(text).GetAwaiter().GetResult();
    }

    private static JsonObject Resolve(string reference) =>
        reference[2..].Split('/').Aggregate((JsonNode)s_document, (node, name) => node[name]!).AsObject();

    private static JsonObject Load()
    {
        using Stream stream = typeof(AmpsService).Assembly.GetManifestResourceStream("openapi.json")!;
        return JsonNode.Parse(stream)!.AsObject();
    }
}
