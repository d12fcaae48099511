using System.Collections.Concurrent;
using System.Threading.Channels;
using Orchestration.Core.Pairs.Blocks;
using Orchestration.Core.Pairs.Recorded;
using Orchestration.Core.Sweeps;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>Cuts rows into shards, encodes shards in parallel and hands them to the sink in order, a few at a time.</summary>
internal sealed class ShardWriter : IAsyncDisposable
{
    private const int MaxBatch = 16;

    private readonly DataKind _kind;
    private readonly int _rowsPerShard;
    private readonly IShardSink _sink;
    private readonly IReadOnlyList<RecordedJoin> _joins;
    private readonly ConcurrentBag<BlockBuilder> _builders = [];
    private readonly Channel<Task<ShardData>> _encoding =
        Channel.CreateBounded<Task<ShardData>>(new BoundedChannelOptions(OrderedPipeline.Ahead) { SingleReader = true, SingleWriter = true });

    private readonly CancellationTokenSource _stop;
    private readonly Task _appending;
    private ShardDraft _draft;

    public ShardWriter(IngestOptions options, IShardSink sink, IReadOnlyList<RecordedJoin> joins, CancellationToken cancellationToken)
    {
        _kind = options.Kind;
        _rowsPerShard = options.RowsPerShard;
        _sink = sink;
        _joins = joins;
        _draft = new ShardDraft(0, joins.Count);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _appending = Task.Run(() => AppendAsync(_stop.Token), CancellationToken.None);
    }

    /// <summary>Shards begun.</summary>
    public int Shards => _draft.Index + (_draft.Rows == 0 ? 0 : 1);

    /// <summary>Where the next row goes.</summary>
    public (int Shard, int Row) Next => (_draft.Index, _draft.Rows);

    /// <summary>Adds a row; true where its shard is full and <see cref="CutAsync"/> must be called.</summary>
    public bool Add(ParsedRows rows, int row)
    {
        _draft.Add(rows, row);
        return _draft.Rows == _rowsPerShard || _draft.TextBytes >= ShardDraft.MaxTextBytes;
    }

    /// <summary>Ends the shard in work, if it has rows, and begins the next.</summary>
    public async ValueTask CutAsync(CancellationToken cancellationToken)
    {
        if (_draft.Rows == 0) return;
        if (!await _encoding.Writer.WaitToWriteAsync(cancellationToken)) await _appending; // The sink failed: say why.
        var draft = _draft;
        draft.Close(_joins);
        _draft = new ShardDraft(draft.Index + 1, _joins.Count);
        _encoding.Writer.TryWrite(Task.Run(() => Encode(draft), CancellationToken.None));
    }

    /// <summary>Writes what is left and waits until the sink has everything.</summary>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        await CutAsync(cancellationToken);
        _encoding.Writer.TryComplete();
        await _appending;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _encoding.Writer.TryComplete();
        await _appending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (_encoding.Reader.TryRead(out var shard)) await ((Task)shard).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _draft.Release();
        _stop.Dispose();
    }

    private ShardData Encode(ShardDraft draft)
    {
        var builder = _builders.TryTake(out var free) ? free : new BlockBuilder(_kind);
        var shard = draft.Encode(builder);
        _builders.Add(builder);
        return shard;
    }

    private async Task AppendAsync(CancellationToken cancellationToken)
    {
        try
        {
            var batch = new List<ShardData>();
            await foreach (var encoding in _encoding.Reader.ReadAllAsync(cancellationToken))
            {
                batch.Add(await encoding);
                while (batch.Count < MaxBatch && _encoding.Reader.TryPeek(out var ready) && ready.IsCompleted && _encoding.Reader.TryRead(out ready))
                    batch.Add(await ready);
                await _sink.AppendAsync(batch.ToArray(), cancellationToken);
                batch.Clear();
            }
        }
        catch (Exception e)
        {
            // The reader of files waits for room in the channel: it must not wait for ever.
            _encoding.Writer.TryComplete(e);
            throw;
        }
    }
}
