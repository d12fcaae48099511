using System.Threading.Channels;

namespace Orchestration.Core.Routing.Loop;

/// <summary>Answers that wait to be judged. Bounded: where it is full an answer is not judged, and counted.</summary>
internal sealed class JudgingQueue(int capacity = JudgingQueue.DefaultCapacity)
{
    /// <summary>Answers that may wait, with their texts.</summary>
    public const int DefaultCapacity = 1024;

    private readonly Channel<RouteOutcome> _queue = Channel.CreateBounded<RouteOutcome>(new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.Wait });
    private long _dropped;
    private long _textless;

    /// <summary>Answers that were to be judged and found no room.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Answers that were to be judged and had no text (tool calls), or failed.</summary>
    public long Textless => Interlocked.Read(ref _textless);

    public ChannelReader<RouteOutcome> Reader => _queue.Reader;

    public void Add(RouteOutcome outcome)
    {
        if (!outcome.Decision.IsSampled || outcome.AnsweredBy is null) return;
        if (outcome.Prompt is null || string.IsNullOrEmpty(outcome.Answer)) Interlocked.Increment(ref _textless);
        else if (!_queue.Writer.TryWrite(outcome)) Interlocked.Increment(ref _dropped);
    }
}
