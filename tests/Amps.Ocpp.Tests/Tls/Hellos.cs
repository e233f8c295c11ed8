namespace Amps.Ocpp.Tests.Tls;

/// <summary>First messages of TLS clients as bytes; today's libraries would not send the old ones.</summary>
public static class Hellos
{
    /// <summary>A hello without extensions that offers one version, e.g. 0x0301 for TLS 1.0, and RSA suites of old.</summary>
    public static byte[] Old(int version) => Records(
    [
        (byte)(version >> 8), (byte)version,
        .. new byte[32],
        0,
        0, 6, 0x00, 0x9C, 0x00, 0x2F, 0x00, 0x0A,
        1, 0,
    ], version);

    /// <summary>A hello of TLS 1.2 with these suites and extensions.</summary>
    public static byte[] With(ushort[] suites, params (ushort Type, byte[] Body)[] extensions)
    {
        byte[] all = [.. extensions.SelectMany(e => (byte[])[.. Whole(e.Type), .. Whole((ushort)e.Body.Length), .. e.Body])];
        return Records([3, 3, .. new byte[32], 0, .. Whole((ushort)(suites.Length * 2)), .. suites.SelectMany(Whole), 1, 0, .. Whole((ushort)all.Length), .. all], 0x0301);
    }

    public static (ushort, byte[]) Algorithms(params ushort[] algorithms) => (13, [.. Whole((ushort)(algorithms.Length * 2)), .. algorithms.SelectMany(Whole)]);

    public static (ushort, byte[]) Versions(params ushort[] versions) => (43, [(byte)(versions.Length * 2), .. versions.SelectMany(Whole)]);

    private static byte[] Records(byte[] body, int version)
    {
        byte[] message = [1, 0, (byte)(body.Length >> 8), (byte)body.Length, .. body];
        return [22, (byte)(version >> 8), (byte)version, (byte)(message.Length >> 8), (byte)message.Length, .. message];
    }

    private static byte[] Whole(ushort value) => [(byte)(value >> 8), (byte)value];
}
