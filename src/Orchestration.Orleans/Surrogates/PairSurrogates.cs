using Orchestration.Core;
using Orchestration.Core.Pairs;
using Orleans;

namespace Orchestration.Orleans.Surrogates;

/// <summary>How <see cref="Hash128"/> travels.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.hash")]
internal struct Hash128Surrogate
{
    [Id(0)]
    public ulong High;

    [Id(1)]
    public ulong Low;
}

/// <summary>To and from <see cref="Hash128Surrogate"/>.</summary>
[RegisterConverter]
internal sealed class Hash128Converter : IConverter<Hash128, Hash128Surrogate>
{
    public Hash128 ConvertFromSurrogate(in Hash128Surrogate surrogate) => new(surrogate.High, surrogate.Low);

    public Hash128Surrogate ConvertToSurrogate(in Hash128 value) => new()
    {
        High = value.High,
        Low = value.Low,
    };
}

/// <summary>How <see cref="Pair"/> travels.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.pair")]
internal struct PairSurrogate
{
    [Id(0)]
    public string Id;

    [Id(1)]
    public string Prompt;

    [Id(2)]
    public string Answer;

    [Id(3)]
    public string? Reference;

    [Id(4)]
    public string? Context;

    [Id(5)]
    public string Group;

    [Id(6)]
    public string? Category;

    [Id(7)]
    public string? Source;

    [Id(8)]
    public double? Target;
}

/// <summary>To and from <see cref="PairSurrogate"/>.</summary>
[RegisterConverter]
internal sealed class PairConverter : IConverter<Pair, PairSurrogate>
{
    public Pair ConvertFromSurrogate(in PairSurrogate surrogate) => new() { Id = surrogate.Id, Prompt = surrogate.Prompt, Answer = surrogate.Answer, Reference = surrogate.Reference, Context = surrogate.Context, Group = surrogate.Group, Category = surrogate.Category, Source = surrogate.Source, Target = surrogate.Target };

    public PairSurrogate ConvertToSurrogate(in Pair value) => new()
    {
        Id = value.Id,
        Prompt = value.Prompt,
        Answer = value.Answer,
        Reference = value.Reference,
        Context = value.Context,
        Group = value.Group,
        Category = value.Category,
        Source = value.Source,
        Target = value.Target,
    };
}

/// <summary>How <see cref="Comparison"/> travels.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.comparison")]
internal struct ComparisonSurrogate
{
    [Id(0)]
    public string Id;

    [Id(1)]
    public string Prompt;

    [Id(2)]
    public string AnswerA;

    [Id(3)]
    public string AnswerB;

    [Id(4)]
    public int? Label;

    [Id(5)]
    public string? Reference;

    [Id(6)]
    public string? Context;

    [Id(7)]
    public string Group;

    [Id(8)]
    public string? Category;
}

/// <summary>To and from <see cref="ComparisonSurrogate"/>.</summary>
[RegisterConverter]
internal sealed class ComparisonConverter : IConverter<Comparison, ComparisonSurrogate>
{
    public Comparison ConvertFromSurrogate(in ComparisonSurrogate surrogate) => new() { Id = surrogate.Id, Prompt = surrogate.Prompt, AnswerA = surrogate.AnswerA, AnswerB = surrogate.AnswerB, Label = (Preference?)surrogate.Label, Reference = surrogate.Reference, Context = surrogate.Context, Group = surrogate.Group, Category = surrogate.Category };

    public ComparisonSurrogate ConvertToSurrogate(in Comparison value) => new()
    {
        Id = value.Id,
        Prompt = value.Prompt,
        AnswerA = value.AnswerA,
        AnswerB = value.AnswerB,
        Label = (int?)value.Label,
        Reference = value.Reference,
        Context = value.Context,
        Group = value.Group,
        Category = value.Category,
    };
}
