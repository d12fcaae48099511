namespace Orchestration.Backends.Exchanges;

/// <summary>Reads what an attempt says, by transport, status and code, apart from what the caller makes of it.</summary>
internal static class AttemptReading
{
    /// <summary>A wait as short as this is for the caller alone: the rate that was found and the circuit see to the others.</summary>
    private static readonly TimeSpan ShortWait = TimeSpan.FromSeconds(2);

    /// <summary>No reply, or not a whole one.</summary>
    public static AttemptVerdict NoReply(in RawReply raw) => new()
    {
        Health = raw.Transport == Transport.Aborted ? Health.Unknown : Health.Down,
        Detail = raw.Problem,
        MayBeCharged = raw.Transport != Transport.Unreachable,
    };

    /// <summary>True where the same call may be answered another time.</summary>
    public static bool IsWorthAnother(int status) => status is 408 or 409 or 425 or 429 or >= 500;

    /// <summary>A reply that is worth another attempt.</summary>
    /// <param name="raw">The reply.</param>
    /// <param name="detail">What it says.</param>
    public static AttemptVerdict Again(in RawReply raw, string detail)
    {
        var status = raw.Status;
        return new AttemptVerdict
        {
            Detail = detail,
            RetryAfter = raw.RetryAfter,
            Health = status == 429 ? Health.Busy : status >= 500 ? Health.Down : Health.Well,
            HoldsBack = raw.RetryAfter is { } asked && asked > ShortWait,
            // 429 and 503 refuse before the work; behind the others a model may have worked.
            MayBeCharged = status is 408 || (status >= 500 && status is not (501 or 503 or 529)),
        };
    }

    /// <summary>True where the account is used up, or a limit that no minute brings back; waiting by the minute is in vain and no sign of congestion.</summary>
    /// <param name="status">HTTP status.</param>
    /// <param name="error">What the body says.</param>
    /// <param name="raw">The reply with its headers.</param>
    /// <param name="until">When it can be used again; null where nothing says.</param>
    public static bool IsUsedUp(int status, ErrorBody error, in RawReply raw, out TimeSpan? until)
    {
        until = raw.RetryAfter ?? error.StatedWait;
        if (status == 402) return true;
        if (status != 429) return false;
        if (error.IsExhausted) return true;
        if (!error.IsOfADay) return false;
        until ??= raw.Limits.RequestsReset;
        return true;
    }

    /// <summary>The verdict for a caller who wants the reply as it is.</summary>
    public static AttemptVerdict Raw(in RawReply raw, string? secret)
    {
        if (raw.Transport != Transport.Replied) return NoReply(raw);
        if (raw.Body is null || !IsWorthAnother(raw.Status)) return new AttemptVerdict { IsOver = true };
        var error = ErrorBody.Read(raw.Body.Written);
        var said = Redaction.Clean(error.Message, secret);

        // Whoever serves people does not wait for an account to be filled: he is told.
        if (IsUsedUp(raw.Status, error, raw, out var until)) return new AttemptVerdict { IsOver = true, Health = Health.UsedUp, RetryAfter = until, Detail = said };
        return Again(raw, said);
    }
}
