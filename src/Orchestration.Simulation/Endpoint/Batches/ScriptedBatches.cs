namespace Orchestration.Simulation;

/// <summary>How the endpoint's files and batches behave. The defaults finish a batch at once, with every line answered.</summary>
public sealed record ScriptedBatches
{
    /// <summary>
    /// Time from a batch's creation to its end: a tenth of it is validating, a tenth finalizing, the rest in progress. Default zero.
    /// </summary>
    public TimeSpan Duration { get; init; }

    /// <summary>What a batch costs, as a share of the prices of single calls. Default 0.5.</summary>
    public decimal PriceFactor { get; init; } = 0.5m;

    /// <summary>Most lines in a file. Default 50,000.</summary>
    public int MaxRequests { get; init; } = 50_000;

    /// <summary>Most bytes in a file. Default 200 MB.</summary>
    public long MaxBytes { get; init; } = 200_000_000;

    /// <summary>
    /// Share of lines, 0–1, that meet a fault: refusals go to the error file, replies that are wrong in themselves to the output file. Faults of the
    /// connection mean nothing here and are refused. Default none.
    /// </summary>
    public IReadOnlyDictionary<ScriptedFault, double> Faults { get; init; } = new Dictionary<ScriptedFault, double>();

    /// <summary>Ends of the first, second, … batch; those after it complete. Default none.</summary>
    public IReadOnlyList<ScriptedBatchEnd> Ends { get; init; } = [];

    /// <summary>Share of the lines that an expired batch got done, 0–1. Default 0.5.</summary>
    public double DoneAtExpiry { get; init; } = 0.5;

    /// <summary>
    /// The fault of a call about files and batches; null for none. Refusals come before the work; <see cref="ScriptedFault.ConnectionReset"/>,
    /// <see cref="ScriptedFault.Hang"/>, <see cref="ScriptedFault.CutConnection"/> and <see cref="ScriptedFault.InvalidJson"/> after it. May be called by several threads at once.
    /// </summary>
    public Func<ScriptedBatchCall, ScriptedFault>? CallFault { get; init; }
}

/// <summary>A call about files and batches.</summary>
/// <param name="Method">Its method.</param>
/// <param name="Path">Its path, from <c>files</c> or <c>batches</c> on, without a slash before it.</param>
/// <param name="Number">Which call about files and batches it is, from 1.</param>
public sealed record ScriptedBatchCall(string Method, string Path, int Number);

/// <summary>How a batch ends.</summary>
public enum ScriptedBatchEnd
{
    /// <summary>Every line is answered.</summary>
    Completed,

    /// <summary>It is refused as a whole, for no fault of its file; nothing is charged.</summary>
    Failed,

    /// <summary>Its time ran out: <see cref="ScriptedBatches.DoneAtExpiry"/> of the lines are answered.</summary>
    Expired,
}
