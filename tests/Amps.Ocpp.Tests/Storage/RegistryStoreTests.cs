using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Tests.Storage;

/// <summary>What every engine's registry store does.</summary>
public abstract class RegistryStoreTests(StoreFixture store) : IAsyncLifetime
{
    private IRegistryStore Registry => store.Registry;

    public async ValueTask InitializeAsync() => await store.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_new_store_is_empty()
    {
        RegistryContents contents = await Registry.LoadAsync(default);

        Assert.Empty(contents.Customers);
        Assert.Empty(contents.Keys);
        Assert.Empty(contents.ChargePoints);
        Assert.Empty(contents.IdTokens);
    }

    [Fact]
    public async Task Customers_keys_and_tokens_come_back_as_last_saved()
    {
        var customer = new Customer("acme", false, Sample.Noon);
        var key = new ApiKey("key_1", "acme", ApiEnvironment.Sandbox, KeyPermissions.Read | KeyPermissions.Control, [1, 2, 3], Sample.Noon, null, null);
        var operatorKey = new ApiKey("key_2", null, ApiEnvironment.Live, KeyPermissions.Operator, [4], Sample.Noon.AddTicks(1), Sample.Noon.AddDays(1), null);
        var token = new IdToken("aBc", IdTokenStatus.Blocked, Sample.Noon.AddDays(2), "parent");
        await Registry.SaveCustomerAsync(customer, default);
        await Registry.SaveCustomerAsync(customer = customer with { LiveEnabled = true }, default);
        await Registry.SaveKeyAsync(key, default);
        await Registry.SaveKeyAsync(operatorKey, default);
        await Registry.SaveKeyAsync(key = key with { RevokedAt = Sample.Noon.AddHours(1) }, default);
        await Registry.SaveIdTokenAsync(token, default);
        await Registry.SaveIdTokenAsync(token = token with { Token = "ABC", Status = IdTokenStatus.Accepted, ExpiresAt = null, ParentId = null }, default);

        await store.ReopenAsync();
        RegistryContents contents = await Registry.LoadAsync(default);

        Assert.Equal([customer], contents.Customers);
        Assert.Equal([token], contents.IdTokens);
        Assert.Equal([key with { Hash = [] }, operatorKey with { Hash = [] }], contents.Keys.Select(found => found with { Hash = [] }), SameButHash);
        Assert.Equal([[1, 2, 3], [4]], contents.Keys.Select(found => found.Hash));
    }

    [Fact]
    public async Task A_charge_point_comes_back_with_everything_known_of_it()
    {
        ChargePointRecord record = Sample.ChargePoint("Rdam 123", Sample.Device("d1"), Sample.Device("d2", 2)) with
        {
            CustomerId = "acme",
            UserId = "user-1",
            Environment = ApiEnvironment.Sandbox,
            Admission = Admission.Accepted,
            Configuration = new ChargePointConfiguration { SecurityProfile = 2, OcppVersion = "1.6", RatedPowerKw = 11, IdleStrategy = IdleStrategy.Hold, TimeZone = "Europe/Amsterdam" },
            Password = new PasswordHash("sha256", [1, 2], [3, 4]),
            Boot = new BootData("Vendor", "Model", null, "1.0", "1.6", Sample.Noon.AddMinutes(1)),
            Learned = new LearnedBehaviour { ConnectorCount = 2, RateUnit = "A", TriggerWithConnector = false },
        };
        await Registry.SaveChargePointAsync(record, default);
        await Registry.SaveChargePointAsync(Sample.ChargePoint("CP2"), default);

        await store.ReopenAsync();
        IReadOnlyList<ChargePointRecord> found = (await Registry.LoadAsync(default)).ChargePoints;

        Assert.Equal(2, found.Count);
        ChargePointRecord same = Assert.Single(found, one => one.Id == record.Id);
        Assert.Equal("Rdam 123", same.Id.Value);
        Assert.Equal(record.Devices.AsEnumerable(), same.Devices);
        Assert.Equal(record.Password!.Salt, same.Password!.Salt);
        Assert.Equal(record.Password.Hash, same.Password.Hash);
        Assert.Equal(record with { Devices = same.Devices, Password = same.Password }, same);
        ChargePointRecord plain = Assert.Single(found, one => one.Id == Sample.Cp("CP2"));
        Assert.Equal(Sample.ChargePoint("CP2") with { Devices = plain.Devices }, plain);
    }

    [Fact]
    public async Task Passwords_on_their_way_and_mapped_certificates_come_back()
    {
        ChargePointRecord record = Sample.ChargePoint("CP1") with
        {
            NextPasswords = [new PasswordHash("sha256", [1], [2]), new PasswordHash("pbkdf2", [3], [4])],
            Configuration = new ChargePointConfiguration { ClientCertificates = new ClientCertificates(["AB"], ["CN=A, O=B"]) },
        };
        await Registry.SaveChargePointAsync(record, default);

        await store.ReopenAsync();

        ChargePointRecord found = Assert.Single((await Registry.LoadAsync(default)).ChargePoints);
        Assert.Equal(["sha256", "pbkdf2"], found.NextPasswords.Select(next => next.Scheme));
        Assert.Equal([1, 3], found.NextPasswords.Select(next => next.Salt[0]));
        Assert.Equal([2, 4], found.NextPasswords.Select(next => next.Hash[0]));
        Assert.Equal(["AB"], found.Configuration.ClientCertificates!.Thumbprints);
        Assert.Equal(["CN=A, O=B"], found.Configuration.ClientCertificates.Subjects);
        await Registry.SaveChargePointAsync(found with { NextPasswords = [] }, default);
        Assert.Empty(Assert.Single((await Registry.LoadAsync(default)).ChargePoints).NextPasswords);
    }

    [Fact]
    public async Task Saving_replaces_the_record_whatever_its_spelling_and_leaves_caps_as_they_are()
    {
        var cap = new ChargeRateCap(7.4, Sample.Noon);
        await Registry.SaveChargePointAsync(Sample.ChargePoint("cp1", Sample.Device("d1"), Sample.Device("d2", 2)), default);
        await Registry.SaveCapAsync(Sample.Cp("CP1"), new DeviceId("d1"), cap, default);

        await Registry.SaveChargePointAsync(Sample.ChargePoint("CP1", Sample.Device("d1", 3), Sample.Device("d3", 4)), default);

        ChargePointRecord found = Assert.Single((await Registry.LoadAsync(default)).ChargePoints);
        Assert.Equal("CP1", found.Id.Value);
        Assert.Equal([Sample.Device("d1", 3) with { MaxChargeRate = cap }, Sample.Device("d3", 4)], found.Devices);
    }

    [Fact]
    public async Task The_newest_cap_wins()
    {
        await Registry.SaveChargePointAsync(Sample.ChargePoint("CP1", Sample.Device("d1")), default);

        await Registry.SaveCapAsync(Sample.Cp("CP1"), new DeviceId("d1"), new ChargeRateCap(11, Sample.Noon.AddSeconds(2)), default);
        await Registry.SaveCapAsync(Sample.Cp("CP1"), new DeviceId("d1"), new ChargeRateCap(22, Sample.Noon.AddSeconds(1)), default);
        await Registry.SaveCapAsync(Sample.Cp("CP1"), new DeviceId("unknown"), new ChargeRateCap(22, Sample.Noon), default);

        Assert.Equal(
            new ChargeRateCap(11, Sample.Noon.AddSeconds(2)),
            Assert.Single(Assert.Single((await Registry.LoadAsync(default)).ChargePoints).Devices).MaxChargeRate);
    }

    [Fact]
    public async Task A_device_id_of_another_charge_point_is_refused_and_nothing_is_changed()
    {
        await Registry.SaveChargePointAsync(Sample.ChargePoint("CP1", Sample.Device("d1")), default);

        await Assert.ThrowsAsync<InvalidOperationException>(
            () => Registry.SaveChargePointAsync(Sample.ChargePoint("CP2", Sample.Device("d2"), Sample.Device("d1")), default));

        ChargePointRecord only = Assert.Single((await Registry.LoadAsync(default)).ChargePoints);
        Assert.Equal(Sample.Cp("CP1"), only.Id);
        Assert.Equal([Sample.Device("d1")], only.Devices);
    }

    [Fact]
    public async Task A_deleted_charge_point_leaves_its_history_and_nothing_else()
    {
        await Registry.SaveChargePointAsync(Sample.ChargePoint("CP1", Sample.Device("d1")), default);
        await Registry.SaveChargePointAsync(Sample.ChargePoint("CP2", Sample.Device("d2")), default);
        await store.ChargePoints.OpenTransactionAsync(Sample.Start(), default);
        await store.ChargePoints.SaveSnapshotsAsync([Sample.Snapshot("d1", 1), Sample.Snapshot("d2", 1)], default);
        await store.Actions.InsertAsync(Sample.Action("d1"), replace: false, default);

        await Registry.DeleteChargePointAsync(Sample.Cp("cp1"), default);

        Assert.Equal(Sample.Cp("CP2"), Assert.Single((await Registry.LoadAsync(default)).ChargePoints).Id);
        Assert.Equal("d2", Assert.Single(await store.LastKnownStates.FindSnapshotsAsync([new DeviceId("d1"), new DeviceId("d2")], default)).DeviceId);
        Assert.Single((await store.ChargePoints.RecallAsync(Sample.Cp("CP1"), [], default)).OpenTransactions);
        Assert.Single(await store.Actions.ListUnfinishedAsync(default));
    }

    [Fact]
    public async Task The_generation_rises_by_one_for_ever()
    {
        ChargePointId id = Sample.Cp("CP1");
        await Registry.SaveChargePointAsync(Sample.ChargePoint("CP1"), default);

        Assert.Equal(1, await Registry.NextGenerationAsync(id, default));
        await Registry.SaveChargePointAsync(Sample.ChargePoint("CP1"), default);
        Assert.Equal(2, await Registry.NextGenerationAsync(Sample.Cp("cp1"), default));
        await Registry.DeleteChargePointAsync(id, default);
        await store.ReopenAsync();
        Assert.Equal(3, await Registry.NextGenerationAsync(id, default));
        Assert.Equal(1, await Registry.NextGenerationAsync(Sample.Cp("CP2"), default));
    }

    private static bool SameButHash(ApiKey left, ApiKey right) => left with { Hash = right.Hash } == right;
}

public sealed class SqliteRegistryStoreTests() : RegistryStoreTests(new SqliteStoreFixture());
