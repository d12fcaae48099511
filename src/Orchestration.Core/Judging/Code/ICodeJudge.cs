using Orchestration.Core.Pairs;

namespace Orchestration.Core.Judging.Code;

/// <summary>
/// A deterministic judge: a pure function of the pair and of its own version. It is safe for use by many threads at once,
/// reads no clock, no culture, no file and no network, and gives the same number on every machine.
/// </summary>
public interface ICodeJudge
{
    /// <summary>Its id: lower case words joined by hyphens.</summary>
    string Id { get; }

    /// <summary>Raised whenever a definition, a constant or a word list changes: a new revision is a new judge version.</summary>
    int Revision { get; }

    /// <summary>The definition in a sentence, as <c>judge list</c> shows it.</summary>
    string Summary { get; }

    /// <summary>Its stated scale.</summary>
    Scale Scale { get; }

    /// <summary>True where it needs the pair's reference.</summary>
    bool NeedsReference { get; }

    /// <summary>Scores one pair. Never throws for any text; a pair it is not defined for is Unscored with the reason.</summary>
    Judgment Score(Pair pair);
}
