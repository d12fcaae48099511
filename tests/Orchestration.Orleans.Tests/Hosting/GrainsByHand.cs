using System.Reflection;
using Orleans;

namespace Orchestration.Orleans.Tests.Hosting;

/// <summary>Grains as a test makes them, without a cluster: each by its interface and key.</summary>
public class GrainsByHand : DispatchProxy
{
    private Func<Type, string, object> _find = static (_, _) => throw new InvalidOperationException("No grain was made.");

    public static IGrainFactory Of(Func<Type, string, object> find)
    {
        var factory = Create<IGrainFactory, GrainsByHand>();
        ((GrainsByHand)(object)factory)._find = find;
        return factory;
    }

    /// <summary>Every name at this factory is a grain's, or an observer's, which stands for itself.</summary>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
    {
        nameof(IGrainFactory.GetGrain) => _find(targetMethod.GetGenericArguments()[0], (string)args![0]!),
        nameof(IGrainFactory.CreateObjectReference) => args![0],
        nameof(IGrainFactory.DeleteObjectReference) => null,
        _ => throw new NotSupportedException(targetMethod.Name),
    };
}
