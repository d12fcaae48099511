using System.Buffers.Binary;

namespace Orchestration.Core.Quotas;

/// <summary>
/// One bucket's past minute and next free date. Two rules hold together. Pace (the generic cell rate algorithm, ITU-T I.371): after a call of
/// n tokens the next one is due n/rate later and may come early by less than a third of a second, so that two limits which bind in turn do not cost
/// each other's share; time that nobody used is gone. Window: what is dated within any 60 s, widened by the time a permit stays valid, is at most
/// the quota. Pace spreads calls over the seconds; the window keeps calls of very different length from adding up to more than a minute's quota.
/// Times are seconds on the authority's clock. Not safe for concurrent use.
/// </summary>
public sealed class BucketState
{
    /// <summary>How long after its date a permit may be used, in seconds.</summary>
    public const double Validity = 0.2;

    private const double CellWidth = 0.1;

    // The window, one cell for rounding down, and one for the cell being filled.
    private const int CellCount = 604;
    private const double WindowSeconds = 60 + Validity;

    /// <summary>Evenly spaced calls at this share of the quota (0.995) fill the window, rounded up to whole cells, exactly.</summary>
    private const double PaceShare = 60 / (WindowSeconds + CellWidth);

    /// <summary>
    /// How early a call may come, in seconds. A permit may be used late by its validity; of half a second's share to spare in any second, this is
    /// what remains.
    /// </summary>
    private const double Tolerance = 0.5 - Validity;

    /// <summary>One part in this many of a token quota is left free: what calls on their way reserve is an estimate.</summary>
    private const long Headroom = 400;

    private const int HeaderBytes = 8 * 3;
    private const int CellBytes = 4 + 8;

    private readonly int[] _requests = new int[CellCount];
    private readonly long[] _tokens = new long[CellCount];
    private long _lastCell = long.MinValue;
    private double _nextRequest = double.NegativeInfinity;
    private double _nextToken = double.NegativeInfinity;

    /// <summary>The earliest date at or after a time at which a call fits; changes nothing but forgets what is past.</summary>
    /// <param name="bucket">The limits as they are now.</param>
    /// <param name="from">Seconds; not before the authority's now.</param>
    /// <param name="tokens">What the call reserves. More than a whole minute's quota counts as that quota, and waits for an empty minute.</param>
    public double Earliest(QuotaBucket bucket, double from, long tokens)
    {
        var date = from;
        if (bucket.RequestsPerMinute is { } requests) date = Math.Max(date, _nextRequest - Math.Max(0, Tolerance - (60.0 / requests)));
        if (bucket.TokensPerMinute is { } perMinute)
        {
            date = Math.Max(date, _nextToken - Tolerance);
            tokens = Math.Min(tokens, perMinute);
        }

        while (!Fits(bucket, date, tokens, out var leaves)) date = leaves;
        return date;
    }

    /// <summary>Books a call at its date.</summary>
    public void Book(QuotaBucket bucket, double date, long tokens)
    {
        var cell = Advance(date);
        _requests[Index(cell)]++;
        _tokens[Index(cell)] += tokens;
        if (bucket.RequestsPerMinute is { } requests) _nextRequest = Math.Max(date, _nextRequest) + (60 / (requests * PaceShare));
        if (bucket.TokensPerMinute is { } perMinute) _nextToken = Math.Max(date, _nextToken) + (60 * (double)Math.Min(tokens, perMinute) / (perMinute * PaceShare));
    }

    /// <summary>Adds tokens used beyond what was reserved, or takes back tokens that were not used. What is taken back is never saved up.</summary>
    /// <param name="bucket">The limits as they are now.</param>
    /// <param name="now">Seconds.</param>
    /// <param name="sent">When the call was sent, in seconds: a permit's date, or a little later.</param>
    /// <param name="tokens">Used less reserved.</param>
    public void Correct(QuotaBucket bucket, double now, double sent, long tokens)
    {
        if (bucket.TokensPerMinute is not { } perMinute || tokens == 0) return;
        _nextToken = Math.Max(now, _nextToken) + (60 * (double)tokens / (perMinute * PaceShare));
        Advance(now);
        var cell = (long)Math.Floor(sent / CellWidth);
        var oldest = _lastCell - CellCount + 1;
        if (cell < oldest) return;
        if (tokens > 0)
        {
            _tokens[Index(cell)] += tokens;
            return;
        }

        // Where the call was booked, which is here or a little before: never from calls that were sent later and count for longer.
        for (; cell >= oldest && tokens < 0; cell--)
        {
            var taken = Math.Min(_tokens[Index(cell)], -tokens);
            _tokens[Index(cell)] -= taken;
            tokens += taken;
        }
    }

    /// <summary>Calls dated in the last 60 s, and their tokens; to a tenth of a second.</summary>
    /// <param name="now">Seconds.</param>
    public (long Requests, long Tokens) Used(double now)
    {
        long requests = 0, tokens = 0;
        var newest = Math.Min(_lastCell, (long)Math.Floor(now / CellWidth));
        for (var c = Math.Max((long)Math.Floor((now - 60) / CellWidth) + 1, _lastCell - CellCount + 1); c <= newest; c++)
        {
            requests += _requests[Index(c)];
            tokens += _tokens[Index(c)];
        }

        return (requests, tokens);
    }

    /// <summary>True where the state lies ahead of the clock by more than it ever can: it was written before the clock began anew.</summary>
    public bool IsAheadOf(double now) => _lastCell != long.MinValue && _lastCell * CellWidth > now + WindowSeconds;

    /// <summary>The state as bytes.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[HeaderBytes + (CellCount * CellBytes)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, _lastCell);
        BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(8), _nextRequest);
        BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(16), _nextToken);
        for (var i = 0; i < CellCount; i++)
        {
            var cell = bytes.AsSpan(HeaderBytes + (i * CellBytes));
            BinaryPrimitives.WriteInt32LittleEndian(cell, _requests[i]);
            BinaryPrimitives.WriteInt64LittleEndian(cell[4..], _tokens[i]);
        }

        return bytes;
    }

    /// <summary>The state of these bytes; an empty one where they have another length (an older layout): a minute's past is all it can lose.</summary>
    public static BucketState FromBytes(ReadOnlySpan<byte> bytes)
    {
        var state = new BucketState();
        if (bytes.Length != HeaderBytes + (CellCount * CellBytes)) return state;
        state._lastCell = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        state._nextRequest = BinaryPrimitives.ReadDoubleLittleEndian(bytes[8..]);
        state._nextToken = BinaryPrimitives.ReadDoubleLittleEndian(bytes[16..]);
        for (var i = 0; i < CellCount; i++)
        {
            var cell = bytes[(HeaderBytes + (i * CellBytes))..];
            state._requests[i] = BinaryPrimitives.ReadInt32LittleEndian(cell);
            state._tokens[i] = BinaryPrimitives.ReadInt64LittleEndian(cell[4..]);
        }

        return state;
    }

    /// <summary>Whether the window that ends with a date has room; where it has none, when its oldest calls leave it.</summary>
    private bool Fits(QuotaBucket bucket, double date, long tokens, out double leaves)
    {
        leaves = date;
        var first = (long)Math.Floor((date - WindowSeconds) / CellWidth);
        long requests = 0, used = 0;
        for (var c = Math.Max(first, _lastCell - CellCount + 1); c <= _lastCell; c++)
        {
            requests += _requests[Index(c)];
            used += _tokens[Index(c)];
        }

        var overRequests = bucket.RequestsPerMinute is { } rpm ? requests + 1 - rpm : 0;
        var overTokens = bucket.TokensPerMinute is { } tpm ? used + tokens - (tpm - (tpm / Headroom)) : 0;
        if (overRequests <= 0 && overTokens <= 0) return true;
        for (var c = Math.Max(first, _lastCell - CellCount + 1); c <= _lastCell; c++)
        {
            overRequests -= _requests[Index(c)];
            overTokens -= _tokens[Index(c)];
            if (overRequests > 0 || overTokens > 0) continue;
            leaves = Math.Max(((c + 1) * CellWidth) + WindowSeconds, Math.BitIncrement(date));
            return false;
        }

        // A call larger than the quota, after an empty window: it goes alone.
        return true;
    }

    /// <summary>Makes room up to a date's cell; returns that cell.</summary>
    private long Advance(double date)
    {
        var cell = (long)Math.Floor(date / CellWidth);
        if (_lastCell == long.MinValue || cell - _lastCell >= CellCount)
        {
            Array.Clear(_requests);
            Array.Clear(_tokens);
            _lastCell = cell;
        }

        while (_lastCell < cell)
        {
            _lastCell++;
            _requests[Index(_lastCell)] = 0;
            _tokens[Index(_lastCell)] = 0;
        }

        return cell;
    }

    private static int Index(long cell) => (int)(((cell % CellCount) + CellCount) % CellCount);
}
