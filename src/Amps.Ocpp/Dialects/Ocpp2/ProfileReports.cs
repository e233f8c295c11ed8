using System.Collections.Concurrent;
using Amps.Ocpp.Dialects.Limits;
using Amps.Ocpp.Ocppj;

namespace Amps.Ocpp.Dialects.Ocpp2;

/// <summary>A profile that the station keeps.</summary>
/// <param name="EvseId">0 = for the station as a whole.</param>
/// <param name="Source">Who set it: <c>CSO</c> is a central system, anybody else is outside (OCPP 2.0.1 part 2, ChargingLimitSourceEnumType).</param>
internal sealed record KeptProfile(int EvseId, string Source, ReportedProfile Profile);

/// <summary>What a station reported.</summary>
/// <param name="IsWhole">False = parts of the report did not come.</param>
internal sealed record ProfileList(IReadOnlyList<KeptProfile> Profiles, bool IsWhole);

/// <summary>Asks a station for the profiles that it keeps and collects the parts of its report by their request (use case K09).</summary>
internal sealed class ProfileReports(IOcppCalls calls, TimeProvider time)
{
    /// <summary>The source of what central systems set.</summary>
    public const string CentralSystem = "CSO";

    private const int MostProfiles = 200;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<int, Collection> _open = new();
    private int _lastRequest = (int)(time.GetUtcNow().ToUnixTimeSeconds() & 0x3FFF_FFFF);

    private sealed class Collection
    {
        public List<KeptProfile> Profiles { get; } = [];

        public TaskCompletionSource End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>The profiles that match; null = the station does not tell.</summary>
    public async Task<ProfileList?> AskAsync(int? evseId, ProfileCriterion criterion, CancellationToken cancellationToken)
    {
        int request = Interlocked.Increment(ref _lastRequest);
        // The report may be quicker than the answer.
        Collection collection = _open.GetOrAdd(request, static _ => new Collection());
        try
        {
            CallOutcome outcome = await calls.SendAsync(
                "GetChargingProfiles",
                Ocpp2Json.Write(new GetChargingProfiles(request, evseId, criterion), Ocpp2Json.Default.GetChargingProfiles),
                cancellationToken);
            switch (outcome.IsResult ? StatusAnswer.Read(outcome.Payload.Span)?.Status : null)
            {
                case "NoProfiles":
                    return new ProfileList([], IsWhole: true);
                case "Accepted":
                    break;
                default:
                    return null;
            }
            await collection.End.Task.WaitAsync(s_patience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // What did come is told, as a part.
        }
        finally
        {
            _open.TryRemove(request, out _);
        }
        lock (collection)
        {
            bool whole = collection.End.Task.IsCompleted && collection.Profiles.Count < MostProfiles;
            return whole || collection.Profiles.Count > 0 ? new ProfileList([.. collection.Profiles], whole) : null;
        }
    }

    /// <summary>A part came; one that nobody waits for is of an operator's own call.</summary>
    public void OnReported(ReportChargingProfiles report)
    {
        if (!_open.TryGetValue(report.RequestId, out Collection? collection))
            return;
        lock (collection)
        {
            foreach (ReportedProfile profile in report.ChargingProfile.Take(MostProfiles - collection.Profiles.Count))
                collection.Profiles.Add(new KeptProfile(report.EvseId, report.ChargingLimitSource, profile));
            if (!report.Tbc || collection.Profiles.Count >= MostProfiles)
                collection.End.TrySetResult();
        }
    }
}
