using System.Text.Json;
using Amps.Ocpp.Http;
using Amps.Ocpp.Registry;
using Amps.Ocpp.Tls;

namespace Amps.Ocpp.Operator;

/// <summary>The client certificates that stand for a charge point, as the operator writes and reads them.</summary>
internal static class ClientCertificateBody
{
    private const string Name = "clientCertificates";
    private const int Most = 16;

    /// <summary>Reads the list; errors are noted in the body.</summary>
    public static ClientCertificates? Read(JsonBody body)
    {
        if (body.Array(body.Root, "", Name) is not { } list)
            return null;
        var thumbprints = new List<string>();
        var subjects = new List<string>();
        if (list.GetArrayLength() > Most)
            body.Errors.Add(new FieldError(Name, $"At most {Most}."));
        int index = 0;
        foreach (JsonElement element in list.EnumerateArray())
        {
            string path = $"{Name}[{index++}]";
            if (element.ValueKind != JsonValueKind.Object)
            {
                body.Errors.Add(new FieldError(path, "An object."));
                continue;
            }
            body.RefuseUnknown(element, path, "thumbprint", "subject");
            string? thumbprint = body.Text(element, path, "thumbprint", maxLength: 64);
            string? subject = body.Text(element, path, "subject", maxLength: 256);
            if ((thumbprint is null) == (subject is null))
                body.Errors.Add(new FieldError(path, "Either thumbprint or subject."));
            else if (subject is not null && DistinguishedNames.TryParse(subject) is null)
                body.Errors.Add(new FieldError($"{path}.subject", "A whole subject, e.g. CN=A, O=B."));
            else if (subject is not null)
                subjects.Add(subject);
            else if (thumbprint!.Length is not (40 or 64) || !thumbprint.All(char.IsAsciiHexDigit))
                body.Errors.Add(new FieldError($"{path}.thumbprint", "64 hexadecimal digits (SHA-256) or 40 (SHA-1)."));
            else
                thumbprints.Add(thumbprint.ToUpperInvariant());
        }
        return new ClientCertificates([.. thumbprints], [.. subjects]);
    }

    public static void Write(Utf8JsonWriter json, ClientCertificates? mapped)
    {
        if (mapped is null)
        {
            json.WriteNull(Name);
            return;
        }
        json.WriteStartArray(Name);
        foreach (string thumbprint in mapped.Thumbprints)
            WriteOne(json, "thumbprint", thumbprint);
        foreach (string subject in mapped.Subjects)
            WriteOne(json, "subject", subject);
        json.WriteEndArray();
    }

    private static void WriteOne(Utf8JsonWriter json, string name, string value)
    {
        json.WriteStartObject();
        json.WriteString(name, value);
        json.WriteEndObject();
    }
}
