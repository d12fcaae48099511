using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;

namespace Orchestration.Core.Tests;

/// <summary>Properties are tried on the same values every time: a failure is there for everybody, and not only on the day of bad luck.</summary>
internal static class SeededProperties
{
    public static Config Config { get; } =
        FsCheck.Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(20261122, 1), FSharpOption<int>.None)));
}
