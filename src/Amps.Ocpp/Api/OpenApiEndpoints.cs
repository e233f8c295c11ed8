using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace Amps.Ocpp.Api;

/// <summary>
/// The description of both surfaces at <c>/openapi/v1.json</c> (operator surface, section 3). It is written by hand, contract first; the tests hold every
/// route and every answer against it.
/// </summary>
internal sealed class OpenApiEndpoints
{
    public const string Path = "/openapi/v1.json";

    private readonly byte[] _document;
    private readonly EntityTagHeaderValue _tag;

    public OpenApiEndpoints()
    {
        using Stream stream = typeof(OpenApiEndpoints).Assembly.GetManifestResourceStream("openapi.json")
            ?? throw new InvalidOperationException("The OpenAPI document is not part of this assembly.");
        _document = new byte[stream.Length];
        stream.ReadExactly(_document);
        _tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(_document).AsSpan(0, 12))}\"");
    }

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet(Path, context =>
        Results.Bytes(_document, "application/json; charset=utf-8", entityTag: _tag).ExecuteAsync(context));
}
