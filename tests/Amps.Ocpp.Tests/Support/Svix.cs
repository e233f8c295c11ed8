using System.Diagnostics;
using System.Text.Json;

namespace Amps.Ocpp.Tests.Support;

/// <summary>The receiver's side of a webhook by the npm package svix, so that our signatures are judged by somebody else's code.</summary>
public static class Svix
{
    /// <summary><c>valid</c>, or what is wrong.</summary>
    public static async Task<string> VerifyAsync(string secret, ReceivedWebhook webhook, string? signatures = null)
    {
        string folder = Path.Combine(Repository.Root, "tests", "svix");
        Assert.True(Directory.Exists(Path.Combine(folder, "node_modules")), "tests/svix has no node_modules: ./test.sh installs them (npm ci)");
        using var process = Process.Start(new ProcessStartInfo("node", ["verify.mjs"])
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        await process.StandardInput.WriteAsync(JsonSerializer.Serialize(new
        {
            secret,
            headers = new Dictionary<string, string>
            {
                ["svix-id"] = webhook.Id,
                ["svix-timestamp"] = webhook.Timestamp,
                ["svix-signature"] = signatures ?? webhook.Signatures,
            },
            body = webhook.Body,
        }));
        process.StandardInput.Close();
        string verdict = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return verdict.Trim();
    }
}
