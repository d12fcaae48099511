using Orchestration.Core;
using Orleans;

namespace Orchestration.Orleans.Surrogates;

/// <summary>How <see cref="OrchestrationException"/> travels: with its code, so that a program on the other side can act on it.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.failure")]
internal struct OrchestrationExceptionSurrogate
{
    [Id(0)]
    public string Code;

    [Id(1)]
    public string Message;
}

/// <summary>To and from <see cref="OrchestrationExceptionSurrogate"/>. Exceptions derived from it arrive as their base: what they add stays in their own process.</summary>
[RegisterConverter]
internal sealed class OrchestrationExceptionConverter : IConverter<OrchestrationException, OrchestrationExceptionSurrogate>
{
    public OrchestrationException ConvertFromSurrogate(in OrchestrationExceptionSurrogate surrogate) => new(surrogate.Code, surrogate.Message);

    public OrchestrationExceptionSurrogate ConvertToSurrogate(in OrchestrationException value) => new() { Code = value.Code, Message = value.Message };
}
