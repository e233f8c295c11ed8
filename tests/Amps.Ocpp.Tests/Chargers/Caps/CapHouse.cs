using Amps.Ocpp.Chargers;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;
using Amps.Ocpp.Tests.Storage;
using Amps.Ocpp.Tests.Support;
using Microsoft.Extensions.Logging;
using Moq;

namespace Amps.Ocpp.Tests.Chargers.Caps;

/// <summary>One charger with its cap on a clock that stands still, without a wire or a store.</summary>
internal sealed class CapHouse
{
    private static readonly ChargePointId s_id = Sample.Cp("CP1");
    private static readonly DeviceId s_device = new("dev1");
    private static readonly IRegistryStore s_registry = Mock.Of<IRegistryStore>(registry =>
        registry.TrySaveChargePointAsync(It.IsAny<ChargePointRecord>(), It.IsAny<CancellationToken>()) == Task.FromResult<long?>(0));
    private static readonly IChargePointStore s_store = Mock.Of<IChargePointStore>(store =>
        store.RecallAsync(It.IsAny<ChargePointId>(), It.IsAny<IReadOnlyList<DeviceId>>(), It.IsAny<CancellationToken>())
            == Task.FromResult(new ChargePointMemory(Array.Empty<TransactionRecord>(), new Dictionary<string, ChargerSnapshot>())));

    private readonly ManualTimeProvider _clock;
    private readonly ChargePointDirectory _directory = new(s_registry);
    private readonly NoticeCollector _notices = new();
    private readonly ChargePoint _chargePoint;
    private long _generation;
    private int _lastTransaction;

    public CapHouse(ManualTimeProvider clock, LimitingChargePoint device, int? phases = null, double? nominalVoltage = null)
    {
        _clock = clock;
        Device = device;
        _directory.Load(
        [
            Sample.ChargePoint("CP1", new DeviceRecord(s_device, 1)) with
            {
                Admission = Admission.Accepted,
                Configuration = new ChargePointConfiguration { Phases = phases, NominalVoltage = nominalVoltage },
                Boot = new BootData("Vendor", "Model", null, "1", "1.6", Sample.Noon),
            },
        ]);
        var chargePoints = new ChargePoints(new ChargePointServices(
            _directory, new IdTokenList(s_registry, clock), s_store, [_notices], new ChargersOptions { StatusTriggerAfter = TimeSpan.Zero }, clock, new Logger<ChargePoint>(LoggerFactory.Create(logging => logging.AddProvider(new Provider(Log))))));
        _chargePoint = chargePoints.GetAsync(_directory.Find(s_id)!, default).AsTask().GetAwaiter().GetResult();
    }

    public LimitingChargePoint Device { get; }

    public ChargePoint ChargePoint => _chargePoint;

    public Charger Charger => _chargePoint.FindCharger(1)!;

    public LimitLink? Link { get; private set; }

    public CollectingLogger Log { get; } = new();

    /// <summary>Kinds of the notices told, oldest first.</summary>
    public IReadOnlyList<string> Notices => _notices.Told;

    public async Task ConnectAsync(bool boot = true)
    {
        // Later than anything it has told, so that it is asked for its status at the end of the set-up.
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Device.Connect();
        Link = new LimitLink(_chargePoint, Device, ++_generation, _clock);
        await _chargePoint.ConnectAsync(Link);
        if (boot)
            _chargePoint.Boot(Link, new BootData("Vendor", "Model", null, "1", "1.6", _clock.GetUtcNow()));
        _chargePoint.MarkReady(Link);
        await SettleAsync();
    }

    public async Task DisconnectAsync()
    {
        Device.Disconnect();
        if (Link is { } link)
            await _chargePoint.DisconnectAsync(link);
        Link = null;
        await SettleAsync();
    }

    /// <summary>A boot on the link in use.</summary>
    public async Task BootAgainAsync()
    {
        _chargePoint.Boot(Link!, new BootData("Vendor", "Model", null, "1", "1.6", _clock.GetUtcNow()));
        _chargePoint.MarkReady(Link!);
        await SettleAsync();
    }

    public async Task CapAsync(double kilowatts)
    {
        await _directory.SetCapAsync(s_device, new ChargeRateCap(kilowatts, _clock.GetUtcNow()), default);
        _chargePoint.OnRecordChanged();
        await SettleAsync();
    }

    public async Task ConfigureAsync(Func<ChargePointConfiguration, ChargePointConfiguration> change)
    {
        await _directory.ChangeAsync(s_id, record => record! with { Configuration = change(record.Configuration) }, default);
        _chargePoint.OnRecordChanged();
        await SettleAsync();
    }

    public async Task StartAsync()
    {
        Device.Start(++_lastTransaction);
        await TellAsync(new TransactionOpened(_clock.GetUtcNow(), new OpenTransaction($"{_lastTransaction}", "TAG", _clock.GetUtcNow())));
        await StatusAsync(ConnectorStatus.Charging);
    }

    public async Task StopAsync()
    {
        Device.Stop();
        await TellAsync(new TransactionClosed(_clock.GetUtcNow(), $"{_lastTransaction}", false, null));
        await StatusAsync(ConnectorStatus.Preparing);
    }

    public Task StatusAsync(ConnectorStatus status) => TellAsync(new StatusReported(_clock.GetUtcNow(), status, null));

    public Task MeterAsync(double? powerKw = null, double? voltage = null, double? offeredA = null) => TellAsync(new MeterReported(
        _clock.GetUtcNow(),
        new MeterSample { PowerKw = powerKw, PowerSource = powerKw is null ? PowerSource.None : PowerSource.Measured, VoltageV = voltage, OfferedCurrentA = offeredA }));

    public async Task TellAsync(ChargerEvent fact)
    {
        if (Link is { } link)
            await _chargePoint.ReportAsync(link, 1, fact);
        await SettleAsync();
    }

    public async Task AdvanceAsync(double seconds)
    {
        double step = seconds > 60 ? 30 : 5;
        for (double left = seconds; left > 0; left -= step)
        {
            _clock.Advance(TimeSpan.FromSeconds(Math.Min(step, left)));
            await SettleAsync();
        }
    }

    /// <summary>Until everything waits for the clock, for the charge point or for a fact.</summary>
    private async Task SettleAsync()
    {
        (int, int, long) before = default;
        long end = Environment.TickCount64 + (long)Wait.Limit.TotalMilliseconds;
        for (int quiet = 0; quiet < 3;)
        {
            // A stranger's end changes nothing; it is handled when all before it is.
            await _chargePoint.DisconnectAsync(s_stranger);
            await Task.Run(static () => { });
            (int, int, long) now = (Device.Calls, _clock.ActiveTimers, Charger.State.Sequence);
            // Each call that waits has a timer; with one less it is about to go on.
            bool goesOn = _clock.ActiveTimers < Device.Waiting || (Device.IsLost && Device.Waiting > 0);
            bool setUp = !_chargePoint.IsOnline || Link is { IsSetUp: true } || Device.Waiting > 0
                || (_chargePoint.IsPrepared && Charger.State.ObservedAt >= _chargePoint.OnlineSince);
            bool kept = !Charger.Cap.IsAtWork || Device.Waiting > 0;
            quiet = now == before && !goesOn && setUp && kept ? quiet + 1 : 0;
            before = now;
            if (Environment.TickCount64 > end)
                throw new TimeoutException("It never comes to rest.");
        }
    }

    private static readonly IChargePointSession s_stranger = Mock.Of<IChargePointSession>();

    private sealed class Provider(CollectingLogger log) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => log;

        public void Dispose()
        {
            // It belongs to the house.
        }
    }

    private sealed class NoticeCollector : IChargerObserver
    {
        private readonly List<string> _told = [];

        public IReadOnlyList<string> Told
        {
            get
            {
                lock (_told)
                    return [.. _told];
            }
        }

        public void OnNotice(ChargerNotice notice)
        {
            lock (_told)
                _told.Add(notice.Kind);
        }

        public void OnStateChanged(Charger charger, bool meterOnly)
        {
            // States are read where they are.
        }

        public void OnLinkChanged(Charger charger)
        {
            // Known to the test.
        }

        public void OnDeviceRemoved(DeviceId device)
        {
            // None is.
        }
    }
}
