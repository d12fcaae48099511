namespace Orchestration.Core.MetaEvaluation.Biases;

/// <summary>What a bias is injected into.</summary>
/// <param name="Answer">The answer that it is done to.</param>
/// <param name="Reference">The reference; null where there is none.</param>
/// <param name="Seed">Decides between wordings; the same item has the same one always.</param>
public readonly record struct BiasMaterial(string Answer, string? Reference, ulong Seed);

/// <summary>An answer before and after, and what it is held against.</summary>
/// <param name="Answer">The answer with the bias in it.</param>
/// <param name="Reference">The reference that goes with it.</param>
/// <param name="Control">The control: an answer of the same length without the bias; null where the answer as it was is the control.</param>
public sealed record BiasInjection(string Answer, string? Reference, string? Control);

/// <summary>
/// A bias that is looked for: a documented transformation of an answer (or of a reference) that changes nothing of what the answer is worth, and what the judgment after it is held against.
/// </summary>
public sealed class Bias
{
    private readonly Func<BiasMaterial, BiasInjection?> _inject;
    private readonly Func<string, string, bool> _holds;

    internal Bias(string id, string title, string transformation, string control, string check, Func<BiasMaterial, BiasInjection?> inject, Func<string, string, bool> holds)
    {
        (Id, Title, Transformation, Control, Check) = (id, title, transformation, control, check);
        (_inject, _holds) = (inject, holds);
    }

    /// <summary>Lower-case words joined by hyphens.</summary>
    public string Id { get; }

    /// <summary>What people read.</summary>
    public string Title { get; }

    /// <summary>What is done, in a sentence.</summary>
    public string Transformation { get; }

    /// <summary>What the judgment after it is held against.</summary>
    public string Control { get; }

    /// <summary>Why the label still holds, and what is checked of every injection.</summary>
    public string Check { get; }

    /// <summary>True where it is done to the reference, so that only judges that read one can be moved.</summary>
    public bool IsOfReference { get; init; }

    /// <summary>True where the answer grows and its control does not: what regression on length can take out.</summary>
    public bool ChangesLength { get; init; }

    /// <summary>The injection; null where it does not apply to this answer, or where its check says that the label would not hold.</summary>
    public BiasInjection? Inject(in BiasMaterial material)
    {
        if (_inject(material) is not { } injection) return null;
        if (IsOfReference) return injection.Answer == material.Answer && injection.Reference != material.Reference ? injection : null;
        if (injection.Answer == material.Answer || !_holds(material.Answer, injection.Answer)) return null;
        return injection.Control is not { } control || (_holds(material.Answer, control) && control.Length == injection.Answer.Length) ? injection : null;
    }
}
