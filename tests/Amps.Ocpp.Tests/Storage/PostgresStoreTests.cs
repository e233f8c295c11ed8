using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Storage;

public sealed class PostgresActionStoreTests(PostgresServer server) : ActionStoreTests(new PostgresStoreFixture(server));

public sealed class PostgresChargePointStoreTests(PostgresServer server) : ChargePointStoreTests(new PostgresStoreFixture(server));

public sealed class PostgresRegistryStoreTests(PostgresServer server) : RegistryStoreTests(new PostgresStoreFixture(server));

public sealed class PostgresDeliveryStoreTests(PostgresServer server) : DeliveryStoreTests(new PostgresStoreFixture(server));

public sealed class PostgresSecurityEventStoreTests(PostgresServer server) : SecurityEventStoreTests(new PostgresStoreFixture(server));
