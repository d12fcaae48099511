namespace Orchestration.Backends.Exchanges;

/// <summary>The failed attempts of one call.</summary>
internal struct AttemptCount
{
    public int Failures { get; private set; }

    public int Unknown { get; private set; }

    public int TimedOut { get; private set; }

    public int Unreachable { get; private set; }

    /// <summary>
    /// Counts an attempt. Not counted is one that only found out that an endpoint is still away, or that the account is used up: those are no
    /// fault of the call, and nothing was charged. Whatever may have been charged counts: reservations cover so many attempts and no more.
    /// </summary>
    public void Add(Transport transport, in AttemptVerdict verdict, bool isTrying)
    {
        if (!verdict.MayBeCharged && (verdict.Health == Health.UsedUp || (isTrying && verdict.Health == Health.Down))) return;
        Failures++;
        if (verdict.MayBeCharged) Unknown++;
        if (transport == Transport.TimedOut) TimedOut++;
        if (transport == Transport.Unreachable) Unreachable++;
    }
}
