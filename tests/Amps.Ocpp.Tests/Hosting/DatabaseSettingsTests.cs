using Amps.Ocpp.Hosting;
using Amps.Ocpp.Storage;
using Microsoft.Extensions.Configuration;

namespace Amps.Ocpp.Tests.Hosting;

/// <summary>Which store the settings choose (operator surface, section 1).</summary>
public sealed class DatabaseSettingsTests
{
    private const string Key = "Amps:Database:ConnectionString";

    [Fact]
    public void Without_a_word_it_is_the_file_of_the_data_directory()
    {
        StorageOptions options = Read().Storage;

        Assert.Equal(StorageProvider.Sqlite, options.Provider);
        Assert.Equal(Path.GetFullPath("data"), options.DataDirectory);
    }

    [Theory]
    [InlineData("Postgres")]
    [InlineData("postgres")]
    public void PostgreSQL_is_chosen_with_its_connection_string(string provider)
    {
        StorageOptions options = Read(("Amps:Database:Provider", provider), (Key, "Host=db;Database=amps;Username=amps;Password=x")).Storage;

        Assert.Equal(StorageProvider.Postgres, options.Provider);
        Assert.Equal("Host=db;Database=amps;Username=amps;Password=x", options.ConnectionString);
    }

    [Fact]
    public void Another_provider_is_refused_with_what_is_allowed()
    {
        SettingsException refused = Assert.Throws<SettingsException>(() => Read(("Amps:Database:Provider", "oracle")));

        Assert.Equal("Amps:Database:Provider: 'oracle' is not one of Sqlite, Postgres", refused.Message);
    }

    [Theory]
    [Trait("row", "D22")]
    [InlineData(null)]
    [InlineData("no connection string")]
    [InlineData("Host=db;Prot=5432;Password=the-secret")]
    [InlineData("Host=db;Port=the-secret")]
    [InlineData("Host=db;SSL Mode=the-secret")]
    [InlineData("Database=the-secret")]
    [InlineData("Host=db;Password=the-secret;oops")]
    public void A_connection_string_that_cannot_be_used_is_refused_by_its_key_and_never_shown(string? value)
    {
        SettingsException refused = Assert.Throws<SettingsException>(() => Read(("Amps:Database:Provider", "Postgres"), (Key, value)));

        Assert.StartsWith(Key + ": ", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("the-secret", refused.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    private static AmpsSettings Read(params (string Key, string? Value)[] settings) => AmpsSettings.Read(
        new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(setting => setting.Key, setting => setting.Value)).Build());
}
