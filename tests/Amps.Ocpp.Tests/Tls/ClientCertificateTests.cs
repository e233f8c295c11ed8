using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Tls;

/// <summary>Security profiles over real TLS: who gets in with which password and which client certificate.</summary>
public sealed class ClientCertificateTests(ClientCertificateTests.Fixture fixture) : IClassFixture<ClientCertificateTests.Fixture>
{
    private const string Password = "a-password-of-24-chars-0";

    public sealed class Fixture : IAsyncLifetime
    {
        public TlsHouse House { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            House = await TlsHouse.StartAsync("Amps:Ocpp:ClientCertificates:Organization=CPO");
            await House.RegisterAsync("P0");
            await House.RegisterAsync("P1", new { securityProfile = 1, password = Password });
            await House.RegisterAsync("P2", new { securityProfile = 2, password = Password });
            await House.RegisterAsync("P3", new { securityProfile = 3 });
            await House.RegisterAsync("BOTH", new { securityProfile = 3, password = Password });
        }

        public ValueTask DisposeAsync() => House.DisposeAsync();
    }

    private TlsHouse House => fixture.House;

    private X509Certificate2 Issue(string commonName) => House.Authority.Issue(new TestSubject(commonName));

    [Fact]
    [Trait("row", "S10")]
    public async Task Profile_2_comes_in_over_TLS_only()
    {
        Assert.Equal(101, await House.KnockAsync("P2", password: Password));
        Assert.Equal(401, await House.KnockPlainAsync("P2", Password));
        await House.LoggedAsync("SecurityProfileTooLow", "P2");
        Assert.Equal(401, await House.KnockAsync("P2", password: "another-password-0000", local: "127.0.1.1"));
        Assert.Equal(401, await House.KnockAsync("P2"));
    }

    [Fact]
    public async Task Profiles_0_and_1_may_use_TLS_and_show_a_certificate_too()
    {
        using X509Certificate2 own = Issue("P1");
        using X509Certificate2 odd = TestAuthority.SelfSigned("somebody");
        Assert.Equal(101, await House.KnockAsync("P0"));
        Assert.Equal(101, await House.KnockAsync("P0", odd));
        Assert.Equal(101, await House.KnockAsync("P1", own, Password));
        Assert.Equal(101, await House.KnockAsync("P1", odd, Password));
        Assert.Equal(101, await House.KnockAsync("P2", own, Password));
        Assert.Equal(401, await House.KnockAsync("P1", own));
    }

    [Fact]
    [Trait("row", "S11")]
    public async Task Profile_3_needs_a_certificate_whatever_else_is_shown()
    {
        using X509Certificate2 own = Issue("P3");
        Assert.Equal(101, await House.KnockAsync("P3", own));
        Assert.Equal(401, await House.KnockAsync("P3"));
        Assert.Equal(401, await House.KnockPlainAsync("P3"));
        Assert.Equal(401, await House.KnockAsync("BOTH", password: Password));
        Assert.Equal(401, await House.KnockPlainAsync("BOTH", Password));
        await House.LoggedAsync("SecurityProfileTooLow", "profile 3 without a client certificate");
    }

    [Fact]
    [Trait("row", "S11")]
    public async Task An_endpoint_that_requires_certificates_ends_handshakes_without()
    {
        await using TlsHouse house = await TlsHouse.StartAsync("Kestrel:Endpoints:OcppTls:ClientCertificateMode=RequireCertificate");
        await house.RegisterAsync("P3", new { securityProfile = 3 });
        await house.RegisterAsync("P1", new { password = Password });
        using X509Certificate2 own = house.Authority.Issue(new TestSubject("p3"));
        Assert.Equal(101, await house.KnockAsync("P3", own));
        int status = 0;
        try
        {
            status = await house.KnockAsync("P1", password: Password);
        }
        catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
        {
            // In TLS 1.3 the client learns of it with its first read.
        }
        Assert.Equal(0, status);
        await house.LoggedAsync("TLSHandshakeFailed");
    }

    public static TheoryData<string, string> Wrong => new()
    {
        { "expired", "Expired" },
        { "not yet valid", "NotYetValid" },
        { "another authority", "UntrustedIssuer" },
        { "self-signed", "UntrustedIssuer" },
        { "a server's", "WrongUsage" },
        { "another organization", "WrongOrganization" },
        { "no organization", "WrongOrganization" },
        { "another charge point", "stands for another" },
    };

    [Theory]
    [Trait("row", "S13")]
    [MemberData(nameof(Wrong))]
    public async Task A_wrong_certificate_is_refused_with_its_reason(string what, string reason)
    {
        using var other = new TestAuthority("Other");
        var subject = new TestSubject("P3");
        using X509Certificate2 certificate = what switch
        {
            "expired" => House.Authority.Issue(subject with { NotBefore = DateTimeOffset.UtcNow.AddDays(-9), NotAfter = DateTimeOffset.UtcNow.AddDays(-1) }),
            "not yet valid" => House.Authority.Issue(subject with { NotBefore = DateTimeOffset.UtcNow.AddDays(1) }),
            "another authority" => other.Issue(subject),
            "self-signed" => TestAuthority.SelfSigned("P3"),
            "a server's" => House.Authority.Issue(subject with { Usage = "1.3.6.1.5.5.7.3.1" }),
            "another organization" => House.Authority.Issue(subject with { Organization = "Other" }),
            "no organization" => House.Authority.Issue(subject with { Organization = null }),
            _ => House.Authority.Issue(subject with { CommonName = "P1" }),
        };
        Assert.Equal(401, await House.KnockAsync("P3", certificate));
        await House.LoggedAsync("InvalidChargePointCertificate", "P3", reason);
    }

    [Fact]
    [Trait("row", "S13")]
    public async Task The_operator_maps_certificates_and_takes_them_back()
    {
        using X509Certificate2 first = Issue("serial-0001");
        using X509Certificate2 second = Issue("serial-0002");
        using X509Certificate2 named = Issue("MAPPED");
        await House.RegisterAsync("MAPPED", new { securityProfile = 3, clientCertificates = new[] { new { thumbprint = first.GetCertHashString(HashAlgorithmName.SHA256) } } });
        Assert.Equal(101, await House.KnockAsync("MAPPED", first));
        Assert.Equal(401, await House.KnockAsync("MAPPED", second));
        Assert.Equal(401, await House.KnockAsync("MAPPED", named));
        await PutAsync(new { clientCertificates = new object[] { new { thumbprint = second.Thumbprint.ToLowerInvariant() }, new { subject = "CN=SERIAL-0001, O=CPO" } } });
        Assert.Equal(101, await House.KnockAsync("MAPPED", first));
        Assert.Equal(101, await House.KnockAsync("MAPPED", second));
        JsonElement shown = await House.Service.Operator.DataAsync("/operator/charge-points/MAPPED");
        Assert.Equal(2, shown.GetProperty("clientCertificates").GetArrayLength());
        await PutAsync(new { clientCertificates = Array.Empty<object>() });
        Assert.Equal(401, await House.KnockAsync("MAPPED", first));
        Assert.Equal(401, await House.KnockAsync("MAPPED", named));
        await PutAsync(new { clientCertificates = (object?)null });
        Assert.Equal(401, await House.KnockAsync("MAPPED", first));
        Assert.Equal(101, await House.KnockAsync("MAPPED", named));

        async Task PutAsync(object body) =>
            Assert.Equal(HttpStatusCode.OK, (await House.Service.Operator.TrySendAsync(HttpMethod.Put, "/operator/charge-points/MAPPED", body)).Status);
    }

    [Theory]
    [InlineData("""{"clientCertificates":[{}]}""")]
    [InlineData("""{"clientCertificates":[{"thumbprint":"xyz"}]}""")]
    [InlineData("""{"clientCertificates":[{"subject":"no subject"}]}""")]
    [InlineData("""{"clientCertificates":["x"]}""")]
    [InlineData("""{"clientCertificates":[{"subject":"CN=A","other":1}]}""")]
    public async Task A_mapping_that_maps_nothing_is_refused(string body) => Assert.Equal(
        HttpStatusCode.BadRequest,
        (await House.Service.Operator.TrySendAsync(HttpMethod.Put, "/operator/charge-points/NEW", new StringContent(body, System.Text.Encoding.UTF8, "application/json"))).Status);

    [Fact]
    [Trait("row", "S13")]
    [Trait("row", "S15")]
    public async Task A_revoked_certificate_is_refused_and_an_unreachable_list_is_not_held_against_anybody()
    {
        await using RevocationServer lists = RevocationServer.Start();
        using X509Certificate2 good = House.Authority.Issue(new TestSubject("P3") { RevocationList = lists.Url });
        using X509Certificate2 revoked = House.Authority.Issue(new TestSubject("P3") { RevocationList = lists.Url });
        using X509Certificate2 nowhere = House.Authority.Issue(new TestSubject("P3") { RevocationList = $"http://127.0.0.1:{ServiceHost.FreePort()}/none-{Guid.NewGuid():N}.crl" });
        lists.List = House.Authority.RevocationList(revoked);
        Assert.Equal(101, await House.KnockAsync("P3", good));
        Assert.Equal(401, await House.KnockAsync("P3", revoked));
        await House.LoggedAsync("InvalidChargePointCertificate", "P3", "Revoked");
        Assert.Equal(101, await House.KnockAsync("P3", nowhere));
        await House.LoggedAsync("RevocationUnknown", "P3");
    }

    [Fact]
    [Trait("row", "S15")]
    public async Task An_unreachable_list_refuses_where_the_operator_wants_it()
    {
        await using TlsHouse house = await TlsHouse.StartAsync("Amps:Ocpp:ClientCertificates:Revocation=Hard");
        await house.RegisterAsync("P3", new { securityProfile = 3 });
        using X509Certificate2 nowhere = house.Authority.Issue(new TestSubject("P3") { RevocationList = $"http://127.0.0.1:{ServiceHost.FreePort()}/none-{Guid.NewGuid():N}.crl" });
        using X509Certificate2 silent = house.Authority.Issue(new TestSubject("P3"));
        Assert.Equal(401, await house.KnockAsync("P3", nowhere));
        Assert.Equal(401, await house.KnockAsync("P3", silent));
        await house.LoggedAsync("InvalidChargePointCertificate", "RevocationUnknown");
    }
}
