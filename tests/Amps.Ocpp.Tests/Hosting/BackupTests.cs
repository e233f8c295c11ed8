using Amps.Ocpp.Tests.Support;
using Microsoft.Data.Sqlite;

namespace Amps.Ocpp.Tests.Hosting;

/// <summary>A copy of the database taken while the service runs (faults D20).</summary>
public sealed class BackupTests
{
    [Fact]
    [Trait("row", "D20")]
    public async Task A_backup_taken_under_load_opens_and_holds_all_that_was_acknowledged_before_it()
    {
        string copy = Directory.CreateTempSubdirectory("amps-backup-").FullName;
        try
        {
            await using (ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off"))
            {
                await service.CustomerAsync();
                using var stop = new CancellationTokenSource();
                int acknowledged = 0;
                Task load = Task.Run(async () =>
                {
                    while (!stop.IsCancellationRequested)
                    {
                        await service.RegisterAsync($"CP{acknowledged}", "customer", $"dev{acknowledged}");
                        Interlocked.Increment(ref acknowledged);
                    }
                }, CancellationToken.None);
                await Wait.UntilAsync(() => Volatile.Read(ref acknowledged) > 20, "charge points are registered");
                int before = Volatile.Read(ref acknowledged);
                using (var other = new SqliteConnection($"Data Source={Path.Combine(service.Data, "amps.db")};Mode=ReadOnly;Pooling=False"))
                {
                    other.Open();
                    using SqliteCommand backup = other.CreateCommand();
                    backup.CommandText = "VACUUM INTO @file";
                    backup.Parameters.AddWithValue("@file", Path.Combine(copy, "amps.db"));
                    backup.ExecuteNonQuery();
                }
                await stop.CancelAsync();
                await load;
                await AssertHoldsAsync(copy, before);
            }
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    private static async Task AssertHoldsAsync(string copy, int before)
    {
        await using ServiceHost restored = await ServiceHost.StartOnAsync(copy, "Amps:Mqtt:Mode=Off");
        for (int i = 0; i < before; i++)
            Assert.Equal($"CP{i}", (await restored.Operator.DataAsync($"/operator/charge-points/CP{i}")).GetProperty("id").GetString());
    }
}
