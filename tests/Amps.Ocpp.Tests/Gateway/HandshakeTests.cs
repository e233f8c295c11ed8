using System.Net;
using System.Text;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Gateway;

/// <summary>Opening a connection: rows H and S of the faults.</summary>
public sealed class HandshakeTests(HandshakeTests.Fixture fixture) : IClassFixture<HandshakeTests.Fixture>
{
    private const string Password = "pass:word-0123456789";

    public sealed class Fixture : IAsyncLifetime
    {
        public ServiceHost Service { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off", "Amps:Ocpp:Admission=Closed");
            await Service.CustomerAsync();
            await Service.RegisterAsync("CP1", "customer", "dev1");
            await Service.RegisterAsync("RDAM 123", "customer", "dev2");
            await Service.RegisterAsync("a+b=c@d|e*f.g", "customer", "dev3");
            await Service.RegisterAsync("SECRET", "customer", new { password = Password }, "dev4");
            await Service.RegisterAsync("PROFILE2", "customer", new { securityProfile = 2 }, "dev5");
            await Service.RegisterAsync(new string('x', 48), "customer", "dev6");
        }

        public ValueTask DisposeAsync() => Service.DisposeAsync();
    }

    private Task<string> KnockAsync(string target, string headers = "", bool upgrade = true, string protocols = "ocpp1.6", string? local = null) =>
        RawHandshake.KnockAsync(fixture.Service.Ocpp.Port, target, headers, upgrade, protocols, local);

    private static string Basic(string credentials) => $"Authorization: Basic {Convert.ToBase64String(Encoding.Latin1.GetBytes(credentials))}\r\n";

    private static int Status(string answer) => RawHandshake.Status(answer);

    [Fact]
    [Trait("row", "H1")]
    public async Task A_plain_request_is_told_to_upgrade()
    {
        string answer = await KnockAsync("/ocpp/CP1", upgrade: false);
        Assert.Equal(426, Status(answer));
        Assert.Contains("Upgrade: websocket", answer);
    }

    [Theory]
    [Trait("row", "H2")]
    [Trait("row", "H3")]
    [Trait("row", "H4")]
    [Trait("row", "H5")]
    [Trait("row", "H6")]
    [Trait("row", "H7")]
    [Trait("row", "H8")]
    [Trait("row", "H9")]
    [InlineData("/ocpp/NOBODY", 404)]
    [InlineData("/ocpp/", 404)]
    [InlineData("/ocpp", 404)]
    [InlineData("/", 404)]
    [InlineData("/other/CP1", 404)]
    [InlineData("/ocpp/CP1/more", 404)]
    [InlineData("/ocpp/CP1", 101)]
    [InlineData("/ocpp/CP1/", 101)]
    [InlineData("//ocpp//CP1", 101)]
    [InlineData("/OCPP/cp1", 101)]
    [InlineData("/ocpp/CP1?token=secret", 101)]
    [InlineData("/ocpp/a%2Fb", 400)]
    [InlineData("/ocpp/a%252Fb", 400)]
    [InlineData("/ocpp/..%2f..%2fetc", 400)]
    [InlineData("/ocpp/a%5cb", 400)]
    [InlineData("/ocpp/a%00b", 400)]
    [InlineData("/ocpp/a%0d%0ab", 400)]
    [InlineData("/ocpp/%FF", 400)]
    [InlineData("/ocpp/%ED%A0%80", 400)]
    [InlineData("/ocpp/%zz", 400)]
    [InlineData("/ocpp/%", 400)]
    [InlineData("/ocpp/a:b", 400)]
    [InlineData("/ocpp/a%3Ab", 400)]
    [InlineData("/ocpp/a%23b", 400)]
    [InlineData("/ocpp/$SYS", 400)]
    [InlineData("/ocpp/RDAM%20123", 101)]
    [InlineData("/ocpp/rdam%20123", 101)]
    [InlineData("/ocpp/a+b=c@d%7Ce*f.g", 101)]
    [InlineData("/ocpp/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 101)]
    [InlineData("/ocpp/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 400)]
    public async Task An_identity_is_decoded_once_and_judged(string target, int status) => Assert.Equal(status, Status(await KnockAsync(target)));

    [Fact]
    [Trait("row", "H7")]
    public async Task A_very_long_identity_is_refused() =>
        Assert.Contains(Status(await KnockAsync("/ocpp/" + new string('x', 10_000))), new[] { 400, 414, 431 });

    [Theory]
    [Trait("row", "H10")]
    [Trait("row", "H11")]
    [InlineData("")]
    [InlineData("ocpp1.5")]
    [InlineData("OCPP1.6")]
    [InlineData("foo, ocpp2.0")]
    public async Task Without_a_common_subprotocol_the_link_is_opened_and_closed_at_once(string protocols)
    {
        string answer = await KnockAsync("/ocpp/CP1", protocols: protocols);
        Assert.Equal(101, Status(answer));
        Assert.DoesNotContain("Sec-WebSocket-Protocol", answer, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    [Trait("row", "H12")]
    public async Task The_first_offered_subprotocol_that_is_spoken_is_taken() =>
        Assert.Contains("Sec-WebSocket-Protocol: ocpp1.6", await KnockAsync("/ocpp/CP1", protocols: "ocpp9, ocpp1.6"));

    [Theory]
    [Trait("row", "H14")]
    [Trait("row", "H15")]
    [InlineData("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", 426)]
    [InlineData("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n", 400)]
    [InlineData("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n", 400)]
    public async Task A_broken_upgrade_is_told_what_it_lacks(string headers, int status)
    {
        string answer = await KnockAsync("/ocpp/CP1", headers, upgrade: false);
        Assert.Equal(status, Status(answer));
        if (status == 426)
            Assert.Contains("Sec-WebSocket-Version: 13", answer);
    }

    [Fact]
    [Trait("row", "S1")]
    public async Task Without_credentials_a_protected_charge_point_gets_401()
    {
        string answer = await KnockAsync("/ocpp/SECRET");
        Assert.Equal(401, Status(answer));
        Assert.Contains("WWW-Authenticate: Basic realm=\"ocpp\"", answer);
        Assert.Equal(401, Status(await KnockAsync("/ocpp/PROFILE2", Basic("PROFILE2:whatever-it-may-be"))));
    }

    [Theory]
    [Trait("row", "S2")]
    [Trait("row", "S3")]
    [Trait("row", "S4")]
    [Trait("row", "S5")]
    [InlineData("SECRET:wrong", "127.0.0.2")]
    [InlineData("CP1:pass:word-0123456789", "127.0.0.3")]
    [InlineData("SECRET", "127.0.0.4")]
    [InlineData("SECRET:", "127.0.0.5")]
    public async Task Wrong_credentials_get_401(string credentials, string from) =>
        Assert.Equal(401, Status(await KnockAsync("/ocpp/SECRET", Basic(credentials), local: from)));

    [Theory]
    [Trait("row", "S5")]
    [InlineData("Authorization: Basic !!!\r\n")]
    [InlineData("Authorization: Bearer abc\r\n")]
    public async Task Malformed_credentials_get_401(string header) =>
        Assert.Equal(401, Status(await KnockAsync("/ocpp/SECRET", header, local: "127.0.0.6")));

    [Fact]
    [Trait("row", "S5")]
    public async Task A_password_of_8_KB_gets_401() =>
        Assert.Equal(401, Status(await KnockAsync("/ocpp/SECRET", Basic("SECRET:" + new string('p', 8192)), local: "127.0.0.11")));

    [Fact]
    [Trait("row", "S9")]
    public async Task Guessing_over_many_identities_blocks_the_source()
    {
        var answers = new List<int>();
        for (int i = 0; i < 25; i++)
            answers.Add(Status(await KnockAsync($"/ocpp/GUESS{i}", Basic($"GUESS{i}:{Password}"), local: "127.0.0.12")));
        Assert.Equal(404, answers[0]);
        Assert.Equal(429, answers[^1]);
        Assert.Equal(429, Status(await KnockAsync("/ocpp/SECRET", Basic($"SECRET:{Password}"), local: "127.0.0.12")));
        Assert.Equal(101, Status(await KnockAsync("/ocpp/SECRET", Basic($"SECRET:{Password}"), local: "127.0.0.13")));
    }

    [Fact]
    [Trait("row", "S6")]
    public async Task The_password_is_split_off_at_the_first_colon_and_the_user_is_compared_without_case() =>
        Assert.Equal(101, Status(await KnockAsync("/ocpp/SECRET", Basic($"secret:{Password}"), local: "127.0.0.7")));

    [Fact]
    [Trait("row", "S8")]
    public async Task Guessing_is_slowed_down_and_the_right_charge_point_still_gets_in_from_elsewhere()
    {
        for (int i = 0; i < 5; i++)
            Assert.Equal(401, Status(await KnockAsync("/ocpp/SECRET", Basic($"SECRET:guess-number-{i}"), local: "127.0.0.8")));
        Assert.Equal(429, Status(await KnockAsync("/ocpp/SECRET", Basic($"SECRET:{Password}"), local: "127.0.0.8")));
        Assert.Equal(101, Status(await KnockAsync("/ocpp/SECRET", Basic($"SECRET:{Password}"), local: "127.0.0.9")));
    }

    [Theory]
    [Trait("row", "S7")]
    [InlineData(15, false)]
    [InlineData(16, true)]
    [InlineData(40, true)]
    [InlineData(41, false)]
    public async Task A_password_has_16_to_40_characters(int length, bool taken)
    {
        (HttpStatusCode status, _) = await fixture.Service.Operator.TrySendAsync(HttpMethod.Put, "/operator/charge-points/LENGTH", new { password = new string('p', length) });
        Assert.Equal(taken ? HttpStatusCode.OK : HttpStatusCode.BadRequest, status);
    }

    [Fact]
    [Trait("row", "S17")]
    public async Task Secrets_are_neither_logged_nor_shown()
    {
        await KnockAsync("/ocpp/SECRET?password=in-the-query", Basic($"SECRET:{Password}x"), local: "127.0.0.10");
        string shown = (await fixture.Service.Operator.GetAsync("/operator/charge-points/SECRET")).ToString();
        Assert.DoesNotContain(Password, shown);
        Assert.DoesNotContain(fixture.Service.Lines, line => line.Contains(Password) || line.Contains("in-the-query") || line.Contains(ServiceHost.OperatorKey));
    }
}
