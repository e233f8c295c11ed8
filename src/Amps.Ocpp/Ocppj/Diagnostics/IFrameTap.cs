namespace Amps.Ocpp.Ocppj.Diagnostics;

/// <summary>Sees the text messages of links, in the order of the wire per direction. It must be quick and keep no reference to the bytes.</summary>
public interface IFrameTap
{
    /// <summary>A whole message came in, well-formed or not.</summary>
    void OnReceived(string identity, ReadOnlySpan<byte> frame);

    /// <summary>A message is about to be written to the socket.</summary>
    void OnSending(string identity, ReadOnlySpan<byte> frame);
}
