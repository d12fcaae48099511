namespace Orchestration.Backends.Exchanges;

/// <summary>What was sent in the last 60 s, in cells of a second. Safe for concurrent use.</summary>
internal sealed class MinuteUse(TimeProvider time)
{
    private const int Cells = 60;

    private readonly Lock _lock = new();
    private readonly long[] _seconds = new long[Cells];
    private readonly long[] _requests = new long[Cells];
    private readonly long[] _tokens = new long[Cells];

    /// <summary>A call is sent.</summary>
    public void Add(long tokens)
    {
        var second = Second();
        var cell = (int)(second % Cells);
        lock (_lock)
        {
            if (_seconds[cell] != second) (_seconds[cell], _requests[cell], _tokens[cell]) = (second, 0, 0);
            _requests[cell]++;
            _tokens[cell] += tokens;
        }
    }

    /// <summary>What a call reserved and did not need, or needed beyond it.</summary>
    public void Correct(long tokens)
    {
        var second = Second();
        var cell = (int)(second % Cells);
        lock (_lock)
        {
            if (_seconds[cell] != second) (_seconds[cell], _requests[cell], _tokens[cell]) = (second, 0, 0);
            _tokens[cell] += tokens;
        }
    }

    /// <summary>Requests and tokens of the last 60 s.</summary>
    public (long Requests, long Tokens) Read()
    {
        var oldest = Second() - Cells;
        long requests = 0, tokens = 0;
        lock (_lock)
        {
            for (var i = 0; i < Cells; i++)
            {
                if (_seconds[i] <= oldest) continue;
                requests += _requests[i];
                tokens += _tokens[i];
            }
        }

        return (requests, Math.Max(0, tokens));
    }

    // From 1, so that an empty cell is never now.
    private long Second() => (time.GetTimestamp() / time.TimestampFrequency) + Cells + 1;
}
