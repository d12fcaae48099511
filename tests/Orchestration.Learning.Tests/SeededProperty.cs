using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;

namespace Orchestration.Learning.Tests;

/// <summary>Checks a property on generated values: many of them, and the same ones in every run.</summary>
internal static class SeededProperty
{
    private const int Cases = 500;

    /// <summary>Throws with the smallest counter-example where the property does not hold.</summary>
    public static void Holds<T>(Gen<T> values, ulong seed, Func<T, bool> property)
    {
        // The second word is the increment of the generator's stream and must be odd.
        var replay = new Replay(new Rnd(seed, 1), FSharpOption<int>.None);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(Cases).WithQuietOnSuccess(true).WithReplay(FSharpOption<Replay>.Some(replay)), Prop.ForAll(Arb.From(values), property));
    }
}
