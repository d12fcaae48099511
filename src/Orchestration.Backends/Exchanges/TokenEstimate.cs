namespace Orchestration.Backends.Exchanges;

/// <summary>
/// How many tokens a request's prompt will count as, learnt from what the endpoint counted: tokens per byte of body, a moving mean. Begins at one token
/// for four bytes. Safe for concurrent use; an update that is lost to another one does no harm.
/// </summary>
internal sealed class TokenEstimate
{
    private const double Weight = 1.0 / 32;

    private double _perByte = 0.25;

    /// <summary>Prompt tokens of a body.</summary>
    public long Prompt(int bodyBytes) => Math.Max(1, (long)Math.Ceiling(bodyBytes * Volatile.Read(ref _perByte)));

    /// <summary>Learns from a reply.</summary>
    public void Learn(int bodyBytes, long promptTokens)
    {
        if (bodyBytes <= 0 || promptTokens <= 0) return;
        var old = Volatile.Read(ref _perByte);
        Volatile.Write(ref _perByte, old + (Weight * (((double)promptTokens / bodyBytes) - old)));
    }
}
