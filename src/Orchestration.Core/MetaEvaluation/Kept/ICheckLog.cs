namespace Orchestration.Core.MetaEvaluation.Kept;

/// <summary>What checks of judges came to, for those who look later and elsewhere. Shared by every process that opens the same store. Safe for concurrent use.</summary>
public interface ICheckLog
{
    /// <summary>Keeps a check's result in the place of the one that has its key, where there is one.</summary>
    ValueTask KeepAsync(KeptCheck check, CancellationToken cancellationToken);

    /// <summary>What is kept, newest first; of the same moment by key, in ordinal order.</summary>
    /// <param name="most">No more than these, more than 0.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<IReadOnlyList<KeptCheck>> ListAsync(int most, CancellationToken cancellationToken);
}

/// <summary>The result of one check.</summary>
/// <param name="Key">Tells the check from every other: the same data, judges and options have the same key.</param>
/// <param name="Check">Which check: <c>bias</c>.</param>
/// <param name="At">When it ended, UTC.</param>
/// <param name="Build">The program's version.</param>
/// <param name="Result">Its figures, as the check's <c>--json</c> has them: one JSON object, without texts of prompts or answers.</param>
public sealed record KeptCheck(string Key, string Check, DateTimeOffset At, string Build, string Result);
